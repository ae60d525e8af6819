import type { Session } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { models as modelsQuery, queryClient, session as sessionQuery } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Choice } from '../ui/choice.tsx';
import { currentModel } from './current-model.ts';

const DEFAULT = '';

/** Which model answers from the next run on, and how much it is to reason; nothing where there is no choice. */
export function ModelChoice({ session }: { session: Session }) {
  const { data: models = [] } = useQuery(modelsQuery);
  const change = useMutation({
    mutationFn: (choice: { model?: string | null; reasoning_effort?: string | null }) =>
      runtime.sessions.update(session.id, choice),
    onSuccess: (changed) => queryClient.setQueryData(sessionQuery(session.id).queryKey, changed),
  });
  const efforts = currentModel(models, session)?.reasoning ?? [];
  return (
    <>
      {models.length > 1 && (
        <Choice
          label="Model"
          value={session.model ?? DEFAULT}
          disabled={change.isPending}
          onChange={(id) => change.mutate({ model: id || null })}
          options={[
            { value: DEFAULT, name: 'Model: default' },
            ...models.map(({ id, available }) => ({
              value: id,
              name: available ? id : `${id} (not answering)`,
            })),
          ]}
        />
      )}
      {efforts.length > 0 && (
        <Choice
          label="Reasoning effort"
          value={session.reasoning_effort ?? DEFAULT}
          disabled={change.isPending}
          onChange={(effort) => change.mutate({ reasoning_effort: effort || null })}
          options={[
            { value: DEFAULT, name: 'Effort: default' },
            ...efforts.map((effort) => ({ value: effort, name: effort })),
          ]}
        />
      )}
    </>
  );
}
