import type { AgentContext } from '@agentclientprotocol/sdk';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ToolContext } from '#client';
import type { Host } from '../ide/host.js';
import { editorHost } from './editor-host.js';

const CONTEXT = { call: { call_id: 'c1' }, signal: new AbortController().signal } as ToolContext;

let folder: string;
let file: string;
let host: Partial<Host>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'editor-host-'));
  file = join(folder, 'a.txt');
  // As an editor whose buffers have what was typed, and that knows no error.
  const client = { request: async () => ({ content: 'typed' }) } as unknown as AgentContext;
  host = editorHost(
    { client, sessionId: 's', capabilities: { fs: { readTextFile: true } }, onTerminal: () => undefined },
    new AbortController().signal,
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = async () => {
  const bytes = await host.read!(file);
  return bytes && Buffer.from(bytes).toString('latin1');
};

it('reads what is typed and not saved', async () => {
  await writeFile(file, 'saved');
  expect(await read()).toBe('typed');
});

it('does not ask the editor for a file that is not there, or that is no text', async () => {
  expect(await read()).toBeUndefined();
  await writeFile(file, Buffer.from([0xff, 0x00]));
  expect(await read()).toBe('\u00ff\0');
});

it('reads from the disk what a command has written, which the editor may not have read yet', async () => {
  await host.run!(`printf written > a.txt`, folder, 5_000, CONTEXT);
  expect(await read()).toBe('written');
});

it.each([
  ['also where the clock of files is a tick behind', 5, 'saved'],
  ['but not what was saved long before', 1_000, 'typed'],
])('%s', async (_, ms, content) => {
  await writeFile(file, 'saved');
  const { mtimeMs } = await stat(file);
  using clock = vi.spyOn(Date, 'now').mockReturnValue(mtimeMs + ms);
  await host.run!('true', folder, 5_000, CONTEXT);
  expect(clock).toHaveBeenCalled();
  expect(await read()).toBe(content);
});

it('writes by itself where the editor does not', () => {
  expect(Object.keys(host).toSorted()).toEqual(['read', 'run']);
});
