import { z } from 'zod';
import { Model, PROVIDER_APIS } from '../domain/model.js';
import { NO_KEY, OPENAI, Provider } from './provider.js';

const must = (values: string) => `must be ${values}`;

/** A key that is given in place of its variable does not look like this, and is not repeated in a fault. */
const VARIABLE = /^[A-Z_][A-Z0-9_]{0,99}$/;

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/, {
  message: must('1 to 100 letters, digits and . _ : / @ + - that begin with a letter or digit'),
});
const tokens = z.int().min(1).max(1_000_000_000);
const price = z.number().min(0).max(1_000_000);
const modality = z.enum(['text', 'image', 'audio', 'video', 'pdf']);

/** What the file says of a provider. */
const PROVIDER = z.strictObject({
  id,
  api: z.enum(PROVIDER_APIS),
  base_url: z
    .url({ protocol: /^https?$/, message: must('a URL that begins with http:// or https://') })
    .optional(),
  api_key_env: z
    .string()
    .regex(VARIABLE, { message: must('the name of an environment variable, in capitals') })
    .optional(),
});

/** What the file says of a model. `limit`, `cost` and `modalities` have the fields of models.dev. */
const MODEL = z.strictObject({
  id,
  provider: id,
  name: z.string().min(1).max(200).optional(),
  limit: z.strictObject({ context: tokens, input: tokens.optional(), output: tokens.optional() }),
  cost: z
    .strictObject({
      input: price,
      output: price,
      cache_read: price.optional(),
      cache_write: price.optional(),
    })
    .optional(),
  modalities: z
    .strictObject({ input: z.array(modality).min(1), output: z.array(modality).min(1) })
    .default({ input: ['text'], output: ['text'] }),
  reasoning: z
    .array(z.string().regex(/^[a-z0-9_-]{1,20}$/, { message: must('1 to 20 of a-z, 0-9, _ and -') }))
    .max(10)
    .default([]),
  edit_tool: z.enum(['edit_file', 'apply_patch']).default('edit_file'),
  first_token_timeout_seconds: z.int().min(1).max(3600).optional(),
});

const FILE = z.strictObject({
  providers: z.array(PROVIDER).min(1).max(100),
  models: z.array(MODEL).min(1).max(1000),
  default: id,
  small: id.optional(),
  fallbacks: z.record(z.string(), z.array(id).min(1).max(10)).default({}),
});

const name = z.string().optional().catch(undefined);
const size = z.number().optional().catch(undefined);

/** What can be read of a file whatever else is wrong in it, so that all faults are found together. */
const OUTLINE = z
  .object({
    providers: z.array(z.object({ id: name, api_key_env: name }).catch({})).catch([]),
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

export interface ModelsFile {
  readonly providers: readonly Provider[];
  readonly models: readonly Model[];
  readonly default: string;
  readonly small: string | undefined;
}

/** What an agent needs of the models. */
export interface AgentNeeds {
  readonly id: string;
  /** The model that it names. */
  readonly model: string | undefined;
  /** Its system prompt and tools, in tokens. */
  readonly tokens: number;
}

/**
 * Reads what a file says of providers and models.
 * @param variable gives the value of an environment variable; undefined if it is unset or empty
 * @returns the faults, each with its place, if there are any
 */
export function readModelsFile(
  content: unknown,
  variable: (name: string) => string | undefined,
  agents: readonly AgentNeeds[],
): { readonly file: ModelsFile } | { readonly faults: readonly string[] } {
  const parsed = FILE.safeParse(content);
  const outline = OUTLINE.parse(content);
  const faults = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
    ...variableFaults(outline, variable),
    ...nameFaults(outline, agents),
    ...cycleFaults(outline),
    ...windowFaults(outline, agents),
  ];
  if (!parsed.success || faults.length > 0) return { faults };
  const { data } = parsed;
  return {
    file: {
      providers: data.providers.map((provider) => ({
        id: provider.id,
        api: provider.api,
        baseUrl: provider.base_url ?? OPENAI,
        apiKey: (provider.api_key_env && variable(provider.api_key_env)) ?? NO_KEY,
      })),
      models: data.models.map((model) => toModel(model, data.fallbacks[model.id] ?? [])),
      default: data.default,
      small: data.small,
    },
  };
}

const toModel = (given: z.infer<typeof MODEL>, fallbacks: readonly string[]): Model => ({
  id: given.id,
  provider: given.provider,
  name: given.name ?? given.id,
  limit: {
    context: given.limit.context,
    input: given.limit.input ?? null,
    output: given.limit.output ?? null,
  },
  isDescribed: true,
  cost: given.cost
    ? {
        input: given.cost.input,
        output: given.cost.output,
        cacheRead: given.cost.cache_read ?? null,
        cacheWrite: given.cost.cache_write ?? null,
      }
    : null,
  modalities: given.modalities,
  reasoning: given.reasoning,
  editTool: given.edit_tool,
  firstTokenTimeoutSeconds: given.first_token_timeout_seconds ?? null,
  fallbacks,
});

function variableFaults({ providers }: Outline, variable: (name: string) => string | undefined): string[] {
  return providers.flatMap(({ api_key_env: key }, index) =>
    key === undefined || !VARIABLE.test(key) || variable(key) !== undefined
      ? []
      : [`providers.${index}.api_key_env: the environment variable ${key} is not set`],
  );
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
  given === undefined || known.includes(given)
    ? []
    : [`${place}: there is no ${kind} ${given}; there are ${known.filter(Boolean).join(', ')}`];

/** Models that are reached from themselves by their fallbacks. */
function cycleFaults({ fallbacks }: Outline): string[] {
  const next = (from: string) => (Object.hasOwn(fallbacks, from) ? fallbacks[from]! : []);
  const reaches = (from: string, target: string, seen = new Set<string>()): boolean =>
    next(from).some((to) => to === target || (!seen.has(to) && reaches(to, target, seen.add(to))));
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
