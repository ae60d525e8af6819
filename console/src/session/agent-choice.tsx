import type { Session } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { agents as agentsQuery } from '../app/queries.ts';
import { Choice } from '../ui/choice.tsx';

interface Props {
  session: Session;
  /** `auto`: the one that was chosen before, or else the runtime decides. */
  value: string;
  onChange: (agent: string) => void;
}

/** Who answers the next message. */
export function AgentChoice({ session, value, onChange }: Props) {
  const { data: agents = [] } = useQuery(agentsQuery);
  return (
    <Choice
      label="Agent"
      value={value}
      onChange={onChange}
      options={[
        {
          value: 'auto',
          name: session.chosen_agent ? `Agent: ${session.chosen_agent}` : 'Agent: automatic',
        },
        ...agents
          .filter(({ mode }) => mode === 'primary' || mode === 'all')
          .map(({ id, name }) => ({ value: id, name })),
      ]}
    />
  );
}
