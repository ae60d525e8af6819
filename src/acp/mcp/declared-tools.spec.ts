import type { Tool } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { declaredTool, fitting } from './declared-tools.js';

const tool = (more: Partial<Tool> = {}): Tool => ({ name: 't', inputSchema: { type: 'object' }, ...more });
const listOf = (count: number, size = 1) =>
  Array.from({ length: count }, (_, index) =>
    declaredTool('s', tool({ name: `t${index}`, description: 'x'.repeat(size) })),
  );

it.each([
  ['nothing', undefined, 'execute'],
  ['that it reads', { readOnlyHint: true }, 'read'],
  ['that it reads and destroys', { readOnlyHint: true, destructiveHint: true }, 'execute'],
  ['that it destroys nothing', { destructiveHint: false }, 'execute'],
  ['that it is safe to repeat', { idempotentHint: true, openWorldHint: false }, 'execute'],
] as const)('a tool that says %s', (_, annotations, effect) => {
  expect(declaredTool('s', tool(annotations && { annotations })).effect).toBe(effect);
});

it.each([
  ['its description', { description: ' Does it ', title: 'It' }, 'Does it'],
  ['its title', { description: ' ', title: 'It' }, 'It'],
  ['the title of before', { annotations: { title: 'It' } }, 'It'],
  ['its name', {}, 't'],
  ['the beginning of a long one', { description: `${'x'.repeat(3_999)}😀` }, `${'x'.repeat(3_999)}\uFFFD`],
  ['what the server takes of it', { description: 'a\0b\uD800' }, 'a\uFFFDb\uFFFD'],
])('is described by %s', (_, more, description) => {
  expect(declaredTool('s', tool(more)).description).toBe(description);
});

it.each([
  ['64 tools', listOf(65), [], 64],
  ['128 KB', listOf(64, 4_000), [], 31],
  ['what other clients leave of the number', listOf(5), listOf(60), 4],
  ['what other clients leave of the bytes', listOf(10, 4_000), listOf(30, 4_000), 1],
  ['nothing where others have more than that', listOf(2), listOf(70), 0],
])('has room for %s', (_, tools, others, count) => {
  expect(fitting(tools, others)).toEqual(tools.slice(0, count));
});
