import { FieldFault } from '../../../shared/domain/domain-error.js';
import { AgentDefinition, isConversational } from './agent.js';

/** What is wrong with the hand-overs that an agent names, among the agents that it stands with. */
export function handOverFaults(
  { id, handOverTo = [] }: AgentDefinition,
  agents: readonly AgentDefinition[],
): FieldFault[] {
  const named = new Map(agents.map((agent) => [agent.id, agent]));
  const faults = handOverTo.flatMap((to, index): FieldFault[] => {
    const field = `hand_over_to.${index}`;
    const agent = named.get(to);
    if (!agent) return [{ field, message: `there is no agent ${to}; there are ${namesOf(agents)}` }];
    if (!isConversational(agent)) return [{ field, message: `${to} does not talk with users (its mode)` }];
    return to === id ? [{ field, message: 'must be another agent' }] : [];
  });
  const circle = faults.length === 0 ? circleFrom(id, named) : undefined;
  if (!circle) return faults;
  return [{ field: 'hand_over_to', message: `leads back to ${id}: ${circle.join(' → ')}` }];
}

/** The way from an agent back to itself. Agents that name no others may hand over to all, which is no circle of names. */
function circleFrom(start: string, agents: ReadonlyMap<string, AgentDefinition>): string[] | undefined {
  const ways = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const to of agents.get(way.at(-1)!)?.handOverTo ?? []) {
      if (to === start) return [...way, to];
      if (!seen.has(to)) ways.push([...way, to]);
      seen.add(to);
    }
  }
  return undefined;
}

const namesOf = (agents: readonly AgentDefinition[]): string =>
  agents
    .filter(isConversational)
    .map(({ id }) => id)
    .join(', ');
