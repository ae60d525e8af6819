import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';

const textOf = (path: string) => readFileSync(path, 'utf8');
const read = (path: string) => JSON.parse(textOf(path)) as object;
const ENTRY = read('acp/agent.json') as { icon: string; distribution: object };

it('the entry in the registry of agents fits its schema, and the package', () => {
  const ajv = new Ajv({ allErrors: true, formats: { uri: (text: string) => URL.canParse(text) } });
  const isValid = ajv.compile(read('test/acp/registry/agent.schema.json'));
  expect(isValid({ ...ENTRY, distribution: {} })).toBe(false);
  expect(isValid(ENTRY), JSON.stringify(isValid.errors)).toBe(true);
  const { name, version, license } = read('package.json') as Record<'name' | 'version' | 'license', string>;
  expect(ENTRY).toMatchObject({ id: name, version, license });
  expect(ENTRY.distribution).toEqual({ npx: { package: `${name}@${version}`, args: ['acp'] } });
});

it('its icon has the size and the colour that the registry takes', () => {
  const icon = textOf(`acp/${ENTRY.icon}`);
  expect(icon).toMatch(/<svg [^>]*width="16" height="16" viewBox="0 0 16 16"/);
  const colours = [...icon.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour);
  expect(new Set(colours)).toEqual(new Set(['currentColor', 'none']));
});
