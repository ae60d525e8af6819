import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as unknown;

interface Route {
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** Every value under a key, anywhere in the document. */
function valuesOf(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [
    ...(name === key ? [part as unknown] : []),
    ...valuesOf(key, part),
  ]);
}

const resolve = (pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);

describe('The description of the API', () => {
  it('refers to nothing that is not there', () => {
    const references = new Set(valuesOf('$ref', document) as string[]);
    expect(references.size).toBeGreaterThan(20);
    expect([...references].filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });

  it('tells of every route with a body that it may be too large, and of which type it must be', () => {
    const { paths } = document as { paths: Record<string, Record<string, Route>> };
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, route]) => ({ name: `${method} ${path}`, ...route })),
    );
    const withBody = routes.filter(({ requestBody }) => requestBody !== undefined);
    expect(withBody.length).toBeGreaterThan(10);
    const lacking = withBody.filter(({ responses }) => !responses['413'] || !responses['415']);
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  it('allows null only where it names a type, and lists it among the values', () => {
    const nullable = (value: unknown): object[] => {
      if (typeof value !== 'object' || value === null) return [];
      return [...('nullable' in value ? [value] : []), ...Object.values(value).flatMap(nullable)];
    };
    expect(nullable(document).filter((schema) => !('type' in schema))).toEqual([]);
    const listed = nullable(document).filter((schema): schema is { enum: unknown[] } => 'enum' in schema);
    expect(listed.filter((schema) => !schema.enum.includes(null))).toEqual([]);
  });
});
