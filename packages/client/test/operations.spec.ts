import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AgentRuntime, Pages } from '../src/index.ts';
import { ScriptedServer } from './support/scripted-server.ts';

interface Document {
  readonly paths: Record<string, Record<string, { tags: string[] }>>;
}

/** Probes and scrapes are for those who operate the server. */
const OPERATION = 'operation';

const document = JSON.parse(
  readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8'),
) as Document;

const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { tags }]) => !tags.includes(OPERATION))
    .map(([method]) => `${method.toUpperCase()} ${path}`),
);

/** An id, a body and options in one: whatever a method takes. */
const ANYTHING = Object.assign(new String('ID'), { id: 'ID', version: 'ID' });

/** Calls a method, and starts what it answers. */
async function call(method: (...args: unknown[]) => unknown): Promise<void> {
  const answer = method(ANYTHING, ANYTHING);
  if (answer instanceof Pages) await answer.page();
  else if (answer instanceof Promise) await answer;
  else await (answer as AsyncIterator<unknown>).next();
}

describe('the operations of the server', () => {
  it('have a method each', async () => {
    const server = new ScriptedServer();
    const runtime = new AgentRuntime({ url: 'http://server.test', fetch: server.fetch });
    const methods = Object.values(runtime).flatMap(
      (resource: object) => Object.values(resource) as ((...args: unknown[]) => unknown)[],
    );
    // The scripted server knows no route: what it was asked for is all that counts.
    await Promise.allSettled(methods.map(call));
    const asked = new Set(server.asked.map(({ route }) => route));
    const templates = described.map((operation) => operation.replaceAll(/\{\w+\}/g, 'ID'));
    expect(described.length).toBeGreaterThan(30);
    expect(templates.filter((operation) => !asked.has(operation))).toEqual([]);
    expect([...asked].filter((operation) => !templates.includes(operation))).toEqual([]);
  });
});
