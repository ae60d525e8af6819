import type { Session } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import type { DraftAttachment } from '../attachments/draft-attachments.ts';
import { models as modelsQuery } from '../app/queries.ts';
import { currentModel } from './current-model.ts';

interface Props {
  session: Session;
  list: readonly DraftAttachment[];
  /** Of the folder that is lent. */
  notes: readonly string[];
  isReviewed: boolean;
  /** Whether the message cannot be told to the agent at work. */
  isTurnedOff: boolean;
}

/** What is to be known before a message is sent. */
export function ComposerNotes({ session, list, notes, isReviewed, isTurnedOff }: Props) {
  const { data: models = [] } = useQuery(modelsQuery);
  const model = currentModel(models, session);
  const isBlind = model && !model.modalities.input.includes('image');
  const all = [
    ...notes,
    isReviewed && 'A message takes the place of the plan that is in review.',
    isTurnedOff && 'An agent at work is told words only. With attachments, this is sent after its run.',
    isBlind &&
      list.some(({ kind }) => kind === 'image') &&
      `${model.id} reads no pictures${models.length > 1 ? ': choose another model, or take them out' : ''}.`,
  ].filter((note) => typeof note === 'string');
  return all.map((note) => (
    <p key={note} role="status" className="px-4 pb-1.5 text-xs text-wait wrap-anywhere">
      {note}
    </p>
  ));
}
