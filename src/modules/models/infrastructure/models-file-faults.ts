import { z } from 'zod';
import { isSendableKey } from '../../../config/config.js';

/** A key that is given in place of its variable does not look like this, and is not repeated in a fault. */
export const VARIABLE = /^[A-Z_][A-Z0-9_]{0,99}$/;

const name = z.string().optional().catch(undefined);
const size = z.number().optional().catch(undefined);

/** What can be read also of a file that is wrong in other places, so that all faults are found together. */
const OUTLINE = z
  .object({
    providers: z.array(z.object({ id: name, base_url: name, api_key_env: name }).catch({})).catch([]),
    models: z
      .array(
        z
          .object({
            id: name,
            provider: name,
            limit: z.object({ context: size, input: size }).catch({}),
          })
          .catch({ limit: {} }),
      )
      .catch([]),
    default: name,
    small: name,
    fallbacks: z.record(z.string(), z.array(z.string()).catch([])).catch({}),
  })
  .catch({ providers: [], models: [], fallbacks: {} });

type Outline = z.infer<typeof OUTLINE>;

/** What an agent needs of the models. */
export interface AgentNeeds {
  readonly id: string;
  /** The model that it names. */
  readonly model: string | undefined;
  /** Its system prompt and tools, in tokens. */
  readonly tokens: number;
}

type Variable = (name: string) => string | undefined;

/** What is wrong between the parts of a file, and with what it is for: each fault with its place. */
export function contradictionsIn(
  content: unknown,
  variable: Variable,
  agents: readonly AgentNeeds[],
): string[] {
  const outline = OUTLINE.parse(content);
  return [
    ...keyFaults(outline, variable),
    ...nameFaults(outline, agents),
    ...cycleFaults(outline),
    ...windowFaults(outline, agents),
  ];
}

/** The fallbacks of a model; its id may be the name of something that every object has. */
export const fallbacksOf = (fallbacks: Readonly<Record<string, string[]>>, id: string): string[] =>
  Object.hasOwn(fallbacks, id) ? fallbacks[id]! : [];

function keyFaults({ providers }: Outline, variable: Variable): string[] {
  return providers.flatMap(({ base_url: address, api_key_env: key }, index) => {
    const place = `providers.${index}.api_key_env`;
    if (key === undefined)
      return address === undefined ? [`${place}: must be set, as OpenAI needs a key`] : [];
    if (!VARIABLE.test(key)) return [];
    const value = variable(key);
    if (value === undefined) return [`${place}: the environment variable ${key} is not set`];
    return isSendableKey(value) ? [] : [`${place}: ${key} must be printable ASCII characters`];
  });
}

/** Names that are given twice, and names of what is not there. */
function nameFaults(
  { providers, models, fallbacks, ...roles }: Outline,
  agents: readonly AgentNeeds[],
): string[] {
  const providerIds = providers.map((provider) => provider.id);
  const modelIds = models.map((model) => model.id);
  return [
    ...twice('providers', providerIds),
    ...twice('models', modelIds),
    ...models.flatMap(({ provider }, index) =>
      unknown(`models.${index}.provider`, 'provider', provider, providerIds),
    ),
    ...unknown('default', 'model', roles.default, modelIds),
    ...unknown('small', 'model', roles.small, modelIds),
    ...Object.entries(fallbacks).flatMap(([from, to]) => [
      ...unknown('fallbacks', 'model', from, modelIds),
      ...to.flatMap((each, index) => unknown(`fallbacks.${from}.${index}`, 'model', each, modelIds)),
    ]),
    ...agents.flatMap(({ id: agent, model }) =>
      unknown(`models: named by the agent ${agent}`, 'model', model, modelIds),
    ),
  ];
}

type Names = readonly (string | undefined)[];

const twice = (list: string, ids: Names): string[] =>
  ids.flatMap((each, index) =>
    each !== undefined && ids.indexOf(each) < index
      ? [`${list}.${index}.id: ${each} is the id of ${list}.${ids.indexOf(each)}, too`]
      : [],
  );

const unknown = (place: string, kind: string, given: string | undefined, known: Names): string[] =>
  // An empty list is a fault of its own.
  given === undefined || known.length === 0 || known.includes(given)
    ? []
    : [`${place}: there is no ${kind} ${given}; there are ${[...new Set(known)].filter(Boolean).join(', ')}`];

/** Models that are reached from themselves by their fallbacks. */
function cycleFaults({ fallbacks }: Outline): string[] {
  const reaches = (from: string, target: string, seen = new Set<string>()): boolean =>
    fallbacksOf(fallbacks, from).some(
      (to) => to === target || (!seen.has(to) && reaches(to, target, seen.add(to))),
    );
  return Object.keys(fallbacks)
    .filter((from) => reaches(from, from))
    .map((from) => `fallbacks.${from}: leads back to ${from}`);
}

/** Models without room for a conversation beside the system prompt and tools of an agent. */
function windowFaults({ models }: Outline, agents: readonly AgentNeeds[]): string[] {
  const largest = agents.toSorted((one, other) => other.tokens - one.tokens)[0];
  if (!largest) return [];
  const needed = 2 * largest.tokens;
  return models.flatMap(({ limit: { context, input = context } }, index) => {
    const window = Math.min(context ?? needed, input ?? needed);
    const place = `models.${index}.limit.${window === context ? 'context' : 'input'}`;
    return window >= needed || window < 1
      ? []
      : [`${place}: must be ${needed} at least, twice what prompt and tools of the agent ${largest.id} take`];
  });
}
