import type { AnyMessage, McpServer } from '@agentclientprotocol/sdk';

const HIDDEN = '***';
/** Shorter values, such as `true`, are no secrets, and would be found everywhere. */
const SHORTEST = 6;

type Named = readonly { readonly name: string; readonly value: string }[];

/** @returns a text of or about a server without the values of its variables, headers and address; arguments may name a missing file */
export function hiderFor(server: McpServer): (text: string) => string {
  const given: Named = 'command' in server ? server.env : server.headers;
  const secrets = given
    .flatMap(({ value }) => [value, value.split(' ').at(-1)!]) // of `Bearer …` the token alone, too
    .concat('url' in server ? partsOf(server.url) : [])
    .filter((value) => value.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
}

function partsOf(address: string): string[] {
  const url = URL.parse(address);
  return url ? [url.password, ...url.searchParams.values()] : [];
}

/** A message as a log may keep it: of MCP servers their names and kinds, and what they are given by name only. */
export function withoutSecrets(message: AnyMessage): AnyMessage {
  const params = 'params' in message ? (message.params as { mcpServers?: unknown }) : undefined;
  if (!Array.isArray(params?.mcpServers)) return message;
  return { ...message, params: { ...params, mcpServers: params.mcpServers.map(shown) } };
}

function shown(server: unknown): unknown {
  const { name, type, command, env, headers } = Object(server) as Record<string, unknown>;
  return { name, type, command, env: namesIn(env), headers: namesIn(headers) };
}

const namesIn = (given: unknown): unknown =>
  Array.isArray(given)
    ? given.map((each) => ({ name: (Object(each) as { name?: unknown }).name, value: HIDDEN }))
    : undefined;
