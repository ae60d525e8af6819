import { expect, it } from 'vitest';
import { BlobQueries } from '../../blobs/index.js';
import { WorkspaceReader } from './workspace-reader.js';

const WORKSPACE = {
  ...{ digest: 'd', name: 'shop', roots: [], os: null, shell: null, ide: null },
  instructions: [{ path: 'AGENTS.md', hash: 'h' }],
};

it('does not keep what it has read of a session that is deleted meanwhile, for others with the same workspace', async () => {
  const contents = new Map<string, Uint8Array>();
  const reader = new WorkspaceReader({ find: async () => WORKSPACE }, {
    read: async () => contents,
  } as unknown as BlobQueries);
  const run = { userId: 'ada', sessionId: 's', workspaceDigest: 'd' };
  expect(await reader.read(run)).toBeNull();
  contents.set('h', Buffer.from('Tabs.'));
  expect((await reader.read(run))?.instructions).toContain('Tabs.');
  expect((await reader.read({ ...run, userId: 'bob' }))?.instructions).toContain('Tabs.');
});
