import { z } from 'zod';

const INTRODUCTION = `# Settings

<!-- Made from src/config/settings.ts by \`npm run settings\`. -->

Settings are environment variables, read and checked once at the start. With wrong ones the process names each of them,
never its value, and exits with code 1. An empty variable counts as unset.
`;

const COLUMNS = ['name', 'default', 'values', 'meaning'];

const code = (text: unknown) => `\`${String(text)}\``;

/**
 * docs/settings.md: a table of the settings of each topic.
 *
 * @throws Error that names a setting without a description
 */
export function settingsPage(topics: Readonly<Record<string, z.ZodRawShape>>): string {
  const sections = Object.entries(topics).map(([topic, shape]) => `\n## ${topic}\n\n${table(rowsOf(shape))}`);
  return INTRODUCTION + sections.join('');
}

function rowsOf(shape: z.ZodRawShape): string[][] {
  const schema = z.object(shape);
  const defaults = schema.parse({});
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, enum: words, values } = property as z.core.JSONSchema.JSONSchema;
    if (description === undefined) throw new Error(`${name} has no description`);
    return [
      code(name),
      fallbackOf(defaults[name]),
      words?.map(code).join(', ') ?? (typeof values === 'string' ? values : ''),
      description,
    ];
  });
}

function fallbackOf(value: unknown): string {
  const isUnset = value === undefined || (Array.isArray(value) && value.length === 0);
  return isUnset ? 'unset' : code(value);
}

/** Columns of equal width, as prettier formats them. */
function table(rows: readonly string[][]): string {
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return [COLUMNS, rule, ...rows]
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |\n`)
    .join('');
}
