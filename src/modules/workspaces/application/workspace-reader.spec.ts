import { beforeEach, expect, it, vi } from 'vitest';
import { BlobQueries } from '../../blobs/index.js';
import { StoredWorkspace } from '../domain/workspace.js';
import { WorkspaceReader } from './workspace-reader.js';

const RUN = { userId: 'ada', sessionId: 's', workspaceDigest: 'd' };

const find = async (_sessionId: string, digest: string): Promise<StoredWorkspace> => ({
  ...{ digest, name: 'shop', roots: [], os: null, shell: null, ide: null },
  instructions: [{ path: 'AGENTS.md', hash: 'h' }],
});

/** What each user has stored under the hash. */
const contents = new Map<string, Uint8Array>();
const read = vi.fn(async (userId: string) => {
  const bytes = contents.get(userId);
  return new Map(bytes && [['h', bytes]]);
});

let reader: WorkspaceReader;

beforeEach(() => {
  contents.clear();
  read.mockClear();
  reader = new WorkspaceReader({ find }, { read } as unknown as BlobQueries);
});

const isTold = async (run: Partial<typeof RUN> = {}) =>
  (await reader.read({ ...RUN, ...run }))?.instructions.includes('Tabs.');

it('does not keep what it has read of a session that is deleted meanwhile, for others with the same workspace', async () => {
  expect(await reader.read(RUN)).toBeNull();
  contents.set('ada', Buffer.from('Tabs.'));
  expect(await isTold()).toBe(true);
});

it('tells a user nothing that only another one has stored', async () => {
  contents.set('ada', Buffer.from('Tabs.'));
  expect(await isTold()).toBe(true);
  expect(await reader.read({ ...RUN, userId: 'bob' })).toBeNull();
});

it('keeps 50 workspaces, and lets the one go that it has read first', async () => {
  contents.set('ada', Buffer.from('Tabs.'));
  /** How often contents were read until the end of this. */
  const readsAfter = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) expect(await isTold({ workspaceDigest: `d${n}` })).toBe(true);
    return read.mock.calls.length;
  };
  expect(await readsAfter(1, 50)).toBe(50);
  expect(await readsAfter(1, 51)).toBe(51);
  expect(await readsAfter(2, 51)).toBe(51);
  expect(await readsAfter(1, 1)).toBe(52);
});
