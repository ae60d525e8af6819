import { Injectable } from '@nestjs/common';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject, isDeeperThan, isJsonObject } from '../../../shared/domain/json.js';
import { ParsedArguments, readArguments } from '../../agents/index.js';
import { digestOf } from '../application/digests.js';
import { ParameterSchemas } from '../application/parameter-schemas.js';
import { costOf, faultOfLimits } from '../domain/schema-limits.js';
import { hasNoTwins } from './has-no-twins.js';

const MOST_KEPT = 500;
/** Values of arguments times the cost of their schema: takes less than a tenth of a second. */
const MOST_CHECKS = 250_000;
/** Characters of arguments times that cost: a text is walked through for each limit of its length. */
const MOST_CHARACTERS = 20_000_000;
/** In characters: one default may be copied into thousands of objects. */
const MOST_DEFAULTS = 100_000;
/** As the arguments of all tools. */
const MOST_LEVELS = 64;
/** Enough for a model to see what it may write. */
const MOST_ALTERNATIVES = 20;

const OPTIONS: Options = {
  strict: false, // keywords that are unknown are notes
  validateFormats: false, // they run regular expressions on what a model writes
  ownProperties: true,
  logger: false,
};

/** A compiler for one schema: one for all would keep what it has compiled for ever. */
const COMPILER: Options = {
  ...OPTIONS,
  meta: false,
  validateSchema: false,
  inlineRefs: false,
  useDefaults: true,
  code: { optimize: false }, // takes longer than it saves
};

const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-0[4-7]\//;

interface Compiled {
  readonly validate: ValidateFunction;
  readonly cost: number;
}

/** Compiles schemas with ajv: as draft 7 where they say so, else as 2020-12. */
@Injectable()
export class AjvParameterSchemas extends ParameterSchemas {
  /** By digest. The one that was used least recently goes first. */
  private readonly kept = new Map<string, Compiled>();
  /** Check whether a schema is one. Made when the first is declared, since it takes long. */
  private checks: { readonly old: Ajv; readonly current: Ajv } | undefined;

  faultOf(parameters: JsonObject): FieldFault | undefined {
    const limit = faultOfLimits(parameters);
    if (limit) return limit;
    if (this.kept.has(digestOf(parameters))) return undefined;
    this.checks ??= { old: new Ajv(OPTIONS), current: new Ajv2020(OPTIONS) };
    const check = isOld(parameters) ? this.checks.old : this.checks.current;
    if (check.validateSchema(withoutDraft(parameters)) !== true) return schemaFault(check.errors?.[0]);
    try {
      this.compiled(parameters);
      return undefined;
    } catch (error) {
      return { field: '', message: `is no JSON Schema: ${(error as Error).message}` };
    }
  }

  parse(parameters: JsonObject, args: unknown): ParsedArguments {
    const { validate, cost } = this.compiled(parameters);
    const read = readArguments(parameters, args);
    // A text may have been read as JSON.
    if (isDeeperThan(read, MOST_LEVELS)) return refused(`are nested deeper than ${MOST_LEVELS} levels`);
    const before = sizeOf(read);
    if (before.values * cost > MOST_CHECKS || before.characters * cost > MOST_CHARACTERS) {
      return refused('are too long to be checked');
    }
    const filled = structuredClone(read);
    if (!validate(filled) || !isJsonObject(filled)) {
      return { ok: false, faults: (validate.errors ?? []).map(argumentFault) };
    }
    if (sizeOf(filled).characters > before.characters + MOST_DEFAULTS) {
      return refused('are too long with the defaults of their schema');
    }
    return { ok: true, arguments: filled };
  }

  private compiled(parameters: JsonObject): Compiled {
    const digest = digestOf(parameters);
    const compiled = this.kept.get(digest) ?? { validate: compile(parameters), cost: costOf(parameters) };
    this.kept.delete(digest);
    this.kept.set(digest, compiled);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    return compiled;
  }
}

function compile(parameters: JsonObject): ValidateFunction {
  const ajv = isOld(parameters) ? new Ajv(COMPILER) : new Ajv2020(COMPILER);
  // Ajv's own compares each item with each other one.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    error: { message: 'must NOT have duplicate items' },
    validate: (wanted: unknown, items: readonly unknown[]) => wanted !== true || hasNoTwins(items),
  });
  return ajv.compile(withoutDraft(parameters));
}

const isOld = ({ $schema: draft }: JsonObject): boolean => typeof draft === 'string' && DRAFT_7.test(draft);

/** Ajv knows only the draft that it was made for. */
function withoutDraft(parameters: JsonObject): JsonObject {
  const { $schema: _, ...schema } = parameters;
  return schema;
}

/** Adds up, without writing it down: defaults may make it longer than a text can be. */
function sizeOf(value: unknown): { values: number; characters: number } {
  if (typeof value === 'string') return { values: 1, characters: value.length };
  if (typeof value !== 'object' || value === null) return { values: 1, characters: 1 };
  const size = { values: 1, characters: Object.keys(value).join('').length };
  for (const part of Object.values(value)) {
    const { values, characters } = sizeOf(part);
    size.values += values;
    size.characters += characters;
  }
  return size;
}

const refused = (message: string): ParsedArguments => ({
  ok: false,
  faults: [{ field: 'arguments', message }],
});

const fieldOf = ({ instancePath }: ErrorObject): string =>
  instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');

const schemaFault = (error: ErrorObject | undefined): FieldFault => ({
  field: error ? fieldOf(error) : '',
  message: `is no JSON Schema: ${error?.message ?? 'it cannot be read'}`,
});

function argumentFault(error: ErrorObject): FieldFault {
  const { allowedValues, additionalProperty } = error.params as {
    allowedValues?: unknown[];
    additionalProperty?: string;
  };
  const alternatives = allowedValues?.slice(0, MOST_ALTERNATIVES).map((value) => JSON.stringify(value));
  const more = [alternatives?.join(', '), additionalProperty].find((each) => each !== undefined);
  return {
    field: fieldOf(error) || 'arguments',
    message: more === undefined ? (error.message ?? 'is invalid') : `${error.message}: ${more}`,
  };
}
