import { expect, it } from 'vitest';
import { AgentRuntime } from '#client';
import { Declaration } from './declaration.js';
import { declaredTool } from './declared-tools.js';

interface List {
  client_id: string;
  ttl_seconds: number;
  tools: { name: string }[];
}

const toolsOf = (...names: string[]) =>
  names.map((name) => declaredTool('s', { name, inputSchema: { type: 'object' } }));
const nameOf = (name: string) => `mcp__s__${name}`;

/** A session that has lists of tools already. @param refused names of tools that it does not take */
function sessionWith(lists: List[], refused: string[] = []) {
  const put = (clientId: string, body: List): Response => {
    const others = lists.filter(({ client_id: id }) => id !== clientId).flatMap(({ tools }) => tools);
    const bad = body.tools.findIndex(({ name }) => refused.includes(name));
    if (bad >= 0) {
      const errors = [{ field: `tools.${bad}.parameters.type`, message: 'must be "object"' }];
      return Response.json({ code: 'request.invalid', errors }, { status: 400 });
    }
    const isTaken = others.some(({ name }) => body.tools.some((tool) => tool.name === name));
    if (isTaken) return Response.json({ code: 'tool.name_taken' }, { status: 409 });
    if (others.length + body.tools.length > 64) {
      return Response.json({ code: 'tool.limit_reached' }, { status: 409 });
    }
    const list = { ...body, client_id: clientId };
    lists.splice(0, lists.length, ...lists.filter(({ client_id: id }) => id !== clientId), list);
    return Response.json(list);
  };
  const fetch = async (input: unknown, { method, body }: RequestInit = {}) => {
    const clientId = decodeURIComponent(String(input).split('/').at(-1)!);
    if (method === 'PUT') return put(clientId, JSON.parse(body as string) as List);
    return Response.json({ data: lists, has_more: false, next_cursor: null });
  };
  const runtime = new AgentRuntime({ url: 'http://a.example', fetch });
  const namesOf = (isWanted: (clientId: string) => boolean) =>
    lists.filter(({ client_id: id }) => isWanted(id)).flatMap(({ tools }) => tools.map(({ name }) => name));
  return { declaration: new Declaration(runtime, 'a-session'), lists, namesOf };
}

const listOf = (clientId: string, ...names: string[]): List => ({
  ...{ client_id: clientId, ttl_seconds: 60 },
  tools: toolsOf(...names),
});

it('leaves out what the server refuses, one by one, and says why', async () => {
  const { declaration, lists } = sessionWith([], [nameOf('b'), nameOf('d')]);
  const leftOut = await declaration.declare(toolsOf('a', 'b', 'c', 'd'), true);
  expect(leftOut).toEqual([
    { name: nameOf('b'), reason: 'parameters.type must be "object"' },
    { name: nameOf('d'), reason: 'parameters.type must be "object"' },
  ]);
  expect(lists[0]!.tools.map(({ name }) => name)).toEqual([nameOf('a'), nameOf('c')]);
});

it('takes names of other bridges over, and leaves them what they have beside', async () => {
  const { declaration, namesOf } = sessionWith([listOf('acp:other', 'a', 'theirs')], [nameOf('bad')]);
  expect(await declaration.declare(toolsOf('a', 'b', 'bad'), true)).toHaveLength(1);
  expect(namesOf((id) => id === 'acp:other')).toEqual([nameOf('theirs')]);
  expect(namesOf((id) => id !== 'acp:other')).toEqual([nameOf('a'), nameOf('b')]);
});

it.each([
  ['another kind of client has', 'vscode-1', true],
  ['another bridge has taken since', 'acp:other', false],
])('leaves a name that %s', async (_, clientId, takesOver) => {
  const { declaration, namesOf } = sessionWith([listOf(clientId, 'a')]);
  const leftOut = await declaration.declare(toolsOf('a', 'b'), takesOver);
  expect(leftOut).toEqual([{ name: nameOf('a'), reason: 'another client of the session has it' }]);
  expect(namesOf((id) => id === clientId)).toEqual([nameOf('a')]);
  expect(namesOf((id) => id !== clientId)).toEqual([nameOf('b')]);
});

it('leaves out the last ones where other clients leave no room', async () => {
  const names = Array.from({ length: 62 }, (_, index) => `n${index}`);
  const { declaration, namesOf } = sessionWith([listOf('vscode-1', ...names)]);
  expect(await declaration.declare(toolsOf('a', 'b', 'c'), true)).toEqual([
    { name: nameOf('c'), reason: 'a session takes no more tools' },
  ]);
  expect(namesOf((id) => id !== 'vscode-1')).toEqual([nameOf('a'), nameOf('b')]);
});

it('says what is wrong with the session', async () => {
  const refusal = Response.json({ code: 'session.archived', detail: 'It is archived' }, { status: 409 });
  const runtime = new AgentRuntime({ url: 'http://a.example', fetch: async () => refusal });
  const declaration = new Declaration(runtime, 'a-session');
  await expect(declaration.declare(toolsOf('a'), false)).rejects.toThrow('It is archived');
});
