import { FileAnswer, type ToolContext, ToolError } from '#client';
import { hashOf } from '#client/edit';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkspaceTools } from './workspace-tools.ts';
import { ZodToolCatalog } from '../modules/agents/infrastructure/zod-tool-catalog.js';

type Content = string | { base64: string } | { text: string; repeat: string; times: number } | null;

interface Case {
  readonly name: string;
  /** The file; null = there is none. */
  readonly before: Content;
  /** What the model was shown of it; left out = what is there now, null = nothing. */
  readonly shown?: Content;
  readonly edits: { old_text: string; new_text: string; replace_all?: boolean }[];
  readonly after?: Content;
  readonly error?: { readonly code: string; readonly mentions?: string[] };
  /** The field at which the server refuses the arguments, so that they reach no client. */
  readonly refused?: string;
}

const { cases } = JSON.parse(readFileSync('docs/tools/edit_file.json', 'utf8')) as { cases: Case[] };

const bytesOf = (content: NonNullable<Content>): Buffer => {
  if (typeof content === 'string') return Buffer.from(content);
  if ('base64' in content) return Buffer.from(content.base64, 'base64');
  return Buffer.from(content.text + content.repeat.repeat(content.times));
};

const PATH = 'a.txt';

describe('the reference cases of edit_file', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edits-'));
    file = join(folder, PATH);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const execute = async ({ before, shown = before, edits }: Case): Promise<unknown> => {
    await rm(file, { force: true });
    if (before !== null) await writeFile(file, bytesOf(before));
    const expected = shown === null ? null : await hashOf(bytesOf(shown));
    const call = { expected_hash: expected } as ToolContext['call'];
    const signal = new AbortController().signal;
    const { edit_file: edit } = (await WorkspaceTools.in(folder, signal)).byName;
    return edit!({ path: PATH, edits }, { call, signal, show: () => undefined });
  };

  it.each(cases.filter(({ after }) => after !== undefined))('$name', async (each) => {
    const answer = (await execute(each)) as FileAnswer;
    const wanted = bytesOf(each.after!);
    expect((await readFile(file)).equals(wanted), await readFile(file, 'utf8')).toBe(true);
    expect(answer.file).toEqual({ path: PATH, hash: await hashOf(wanted) });
  });

  it.each(cases.filter(({ error }) => error))('$name: is refused, and nothing is changed', async (each) => {
    const { code, mentions = [] } = each.error!;
    const error = await execute(each).then(
      () => undefined,
      (thrown: unknown) => thrown as ToolError,
    );
    expect(error).toBeInstanceOf(ToolError);
    expect(error!.code).toBe(code);
    for (const text of mentions) expect(error!.message).toContain(text);
    expect(error!.message.split('\n').length).toBeLessThanOrEqual(42);
    expect(error!.message.length).toBeLessThan(10_000);
    if (each.before === null) expect(existsSync(file)).toBe(false);
    else expect((await readFile(file)).equals(bytesOf(each.before))).toBe(true);
  });

  it.each(cases.filter(({ refused }) => refused !== undefined))('$name: reach no client', (each) => {
    const parsed = new ZodToolCatalog().parse('edit_file', { path: PATH, edits: each.edits });
    expect(parsed).toMatchObject({ ok: false, faults: [{ field: each.refused }] });
  });

  it('are all of these kinds', () => {
    const kinds = cases.map(({ after, error, refused }) =>
      [after, error, refused].filter((x) => x !== undefined),
    );
    expect(kinds.every(({ length }) => length === 1)).toBe(true);
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });
});
