import { z } from 'zod';
import { Model, PROVIDER_APIS } from '../domain/model.js';
import { AgentNeeds, VARIABLE, contradictionsIn, fallbacksOf } from './models-file-faults.js';
import { NO_KEY, OPENAI, Provider } from './provider.js';

const must = (values: string) => `must be ${values}`;

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/, {
  message: must('1 to 100 letters, digits and . _ : / @ + - that begin with a letter or digit'),
});
const tokens = z.int().min(1).max(1_000_000_000);
const price = z.number().min(0).max(1_000_000);
const modality = z.enum(['text', 'image', 'audio', 'video', 'pdf']);

/** Requests would go out without a user or query that stands in an address. */
const PLAIN_ADDRESS = /^[^/]*\/\/[^/?#@]*(?:\/[^?#]*)?$/;

/** What the file says of a provider. */
const PROVIDER = z.strictObject({
  id,
  api: z.enum(PROVIDER_APIS),
  base_url: z
    .url({ protocol: /^https?$/, message: must('a URL that begins with http:// or https://'), abort: true })
    .regex(PLAIN_ADDRESS, { message: must('without user, password and query: keys are in variables') })
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

/** What a file says, once it is checked. */
export interface ModelsFile {
  readonly providers: readonly Provider[];
  readonly models: readonly Model[];
  readonly default: string;
  readonly small: string | undefined;
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
  const faults = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
    ...contradictionsIn(content, variable, agents),
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
      models: data.models.map((model) => toModel(model, fallbacksOf(data.fallbacks, model.id))),
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
