import { storableText } from '../../../../shared/domain/storable.js';
import { Agent } from '../../../agents/index.js';
import { ModelRequest } from '../../../models/index.js';
import { CONFIDENCES, Classification, PLANNER, agentOfKind } from '../../domain/classification.js';

/** The limit for the reason that a user gives for a switch. */
const LONGEST_REASON = 1000;

/** Asks which of these agents is for a task, as an object. */
export const askForClassification = (
  task: string,
  candidates: readonly Agent[],
): Pick<ModelRequest, 'messages' | 'responseFormat'> => ({
  messages: [
    { role: 'system', content: promptFor(candidates) },
    { role: 'user', content: task },
  ],
  responseFormat: { name: 'task_classification', schema: schemaFor(candidates) },
});

const promptFor = (candidates: readonly Agent[]): string => `Classify the task of a developer.
is_atomic: false only when it needs a plan: several steps over several files, or a design to be agreed on first.
agent: the one whose description fits the task best; where is_atomic is false, the one that plans.
${candidates.map(({ id, description }) => `- ${id}: ${description}`).join('\n')}
confidence: how sure you are. reason: one short sentence.`;

const schemaFor = (candidates: readonly Agent[]) => ({
  type: 'object',
  properties: {
    is_atomic: { type: 'boolean' },
    agent: { type: 'string', enum: candidates.map(({ id }) => id) },
    confidence: { type: 'string', enum: [...CONFIDENCES] },
    reason: { type: 'string' },
  },
  required: ['is_atomic', 'agent', 'confidence', 'reason'],
  additionalProperties: false,
});

/** @returns undefined if the reply does not match the schema, or names none of the agents */
export function readClassification(
  content: string,
  candidates: readonly Agent[],
): { result: Classification; agent: Agent } | undefined {
  try {
    const given = JSON.parse(content) as Partial<Record<string, unknown>>;
    const { is_atomic: isAtomic, agent: named, confidence, reason } = given;
    if (typeof isAtomic !== 'boolean' || typeof reason !== 'string' || typeof named !== 'string')
      return undefined;
    const find = (id: string | undefined) => candidates.find((candidate) => candidate.id === id);
    const chosen = find(named) ?? find(agentOfKind(named));
    const planner = isAtomic && chosen?.id !== PLANNER ? undefined : plannerFor(chosen, candidates);
    const agent = planner ?? chosen;
    if (!agent || !isOneOf(CONFIDENCES, confidence)) return undefined;
    const words = storableText(reason.slice(0, LONGEST_REASON));
    return { result: { isAtomic: planner === undefined, agent: agent.id, confidence, reason: words }, agent };
  } catch {
    return undefined; // not JSON: the keywords decide
  }
}

/** The agent that plans: the chosen one if it can, else the built-in one, else any. */
const plannerFor = (chosen: Agent | undefined, candidates: readonly Agent[]): Agent | undefined =>
  [chosen, candidates.find(({ id }) => id === PLANNER), ...candidates].find((agent) =>
    agent?.tools.includes('create_plan'),
  );

const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T =>
  (values as readonly unknown[]).includes(value);
