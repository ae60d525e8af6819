import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Operation {
  operationId: string;
  tags: string[];
}

/** What a client does with the types: it chooses by the kind of a union, and names an operation. */
const CLIENT = `
import type { Input, Json, ListSessionsData, SessionEvent, SessionUpdatedEvent, SynopsisItem } from './types.gen.ts';

export const titleOf = (event: SessionEvent): string | undefined =>
  event.type === 'session.updated' ? (event satisfies SessionUpdatedEvent).data.title : undefined;

export const said = (input: Input): string => (input.type === 'user_message' ? input.content : input.type);

export const entries = (item: SynopsisItem): string[] => (item.kind === 'list' ? item.entries : [item.text]);

export const query: ListSessionsData['query'] = { sort: 'updated_at', status: 'waiting' };

export const json: Json = { list: [1, 'two', null, { three: true }] };
`;

describe('openapi.json', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-types-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has plain names: of operations, schemas, and the kinds of each union', async () => {
    const { paths, components } = JSON.parse(await readFile('openapi.json', 'utf8')) as {
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: Record<string, { oneOf?: object[]; discriminator?: object }> };
    };
    const operations = Object.values(paths).flatMap((item) => Object.values(item));
    for (const { operationId } of operations) expect(operationId).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { tags } of operations) expect(tags).toEqual([expect.stringMatching(/^[a-z]+$/)]);
    for (const [name, { oneOf, discriminator }] of Object.entries(components.schemas)) {
      expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
      if (oneOf) expect(discriminator, name).toBeDefined();
    }
  });

  it('becomes types that a client compiles with', { timeout: 300_000 }, async () => {
    await createClient({
      input: 'openapi.json',
      output: folder,
      plugins: ['@hey-api/typescript'],
      logs: { level: 'silent' },
    });
    const client = join(folder, 'client.ts');
    await writeFile(client, CLIENT);
    const program = ts.createProgram([client, join(folder, 'types.gen.ts')], {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      types: [],
    });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(faults).toEqual([]);
  });
});
