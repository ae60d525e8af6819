import type { AnyMessage, McpServer } from '@agentclientprotocol/sdk';
import { expect, it } from 'vitest';
import { hiderFor, withoutSecrets } from './secrets.js';

const STDIO: McpServer = {
  ...{ name: 'local', command: 'npx', args: ['-y', '--token=of-an-argument'] },
  env: [
    { name: 'KEY', value: 'of-the-environment' },
    { name: 'DEBUG', value: 'true' },
  ],
};
const HTTP: McpServer = {
  ...{ type: 'http', name: 'remote', url: 'https://me:of-the-address@a.example/mcp?key=of-the-query' },
  headers: [{ name: 'authorization', value: 'Bearer of-a-header' }],
};
const ALL = /of-(an-argument|the-environment|the-address|the-query|a-header)/;

it.each([
  [STDIO, 'KEY is of-the-environment, not found: server.js', 'KEY is ***, not found: server.js'],
  [STDIO, 'it is true', 'it is true'],
  [HTTP, '401 for Bearer of-a-header', '401 for ***'],
  [
    HTTP,
    'the token of-a-header, the key of-the-query, by of-the-address',
    'the token ***, the key ***, by ***',
  ],
])('hides what a configuration holds: %#', (server, said, left) => {
  expect(hiderFor(server)(said)).toBe(left);
});

it.each(['session/new', 'session/load', 'session/resume'])('%s: is kept with names only', (method) => {
  const params = { cwd: '/work', mcpServers: [STDIO, HTTP, 'no server'] };
  const kept = JSON.stringify(withoutSecrets({ jsonrpc: '2.0', id: 1, method, params }));
  expect(kept).not.toMatch(ALL);
  for (const name of ['/work', 'local', 'npx', 'KEY', 'remote', 'http', 'authorization']) {
    expect(kept).toContain(name);
  }
});

it('other messages are kept as they are', () => {
  const message = { jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: 's' } } as AnyMessage;
  expect(withoutSecrets(message)).toBe(message);
});
