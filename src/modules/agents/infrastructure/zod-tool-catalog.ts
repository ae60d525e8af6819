import { z } from 'zod';
import { JsonObject } from '../../../shared/domain/json.js';
import { BuiltInTool, BuiltInTools, ParsedArguments, ToolDescription, ToolEdition } from '../domain/tool.js';
import { readArguments } from './read-arguments.js';
import { FIRST_EDITION, TOOLS, ToolSchema } from './tool-schemas.js';

/** Enough for a model to see what is wrong. */
const MAX_FAULTS = 10;

export class ZodToolCatalog extends BuiltInTools {
  private readonly tools: Readonly<Record<ToolEdition, ReadonlyMap<BuiltInTool, DescribedTool>>> = {
    first: describeAll({ ...TOOLS, ...FIRST_EDITION }),
    current: describeAll(TOOLS),
  };

  describe(names: readonly BuiltInTool[], edition: ToolEdition = 'current'): ToolDescription[] {
    return names.map((name) => this.tools[edition].get(name)!.description);
  }

  example(name: BuiltInTool, edition: ToolEdition = 'current'): JsonObject {
    return this.tools[edition].get(name)!.example;
  }

  parse(name: BuiltInTool, args: unknown, edition: ToolEdition = 'current'): ParsedArguments {
    const { description: described, schema } = this.tools[edition].get(name)!;
    const parsed = schema.safeParse(readArguments(described.parameters, args));
    if (parsed.success) return { ok: true, arguments: parsed.data as JsonObject };
    return {
      ok: false,
      faults: parsed.error.issues.slice(0, MAX_FAULTS).map((issue) => ({
        field: issue.path.join('.') || 'arguments',
        message: issue.message,
      })),
    };
  }
}

interface DescribedTool extends Omit<ToolSchema, 'description'> {
  readonly description: ToolDescription;
}

/** Done once: it takes longer than all other preparation of a model request. */
const describeAll = (
  tools: Readonly<Record<BuiltInTool, ToolSchema>>,
): ReadonlyMap<BuiltInTool, DescribedTool> =>
  new Map(
    Object.entries(tools).map(([key, { description: text, example, schema }]) => {
      const name = key as BuiltInTool;
      return [
        name,
        { example, schema, description: { name, description: text, parameters: parametersOf(schema) } },
      ];
    }),
  );

function parametersOf(schema: z.ZodObject): JsonObject {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  return parameters as JsonObject;
}
