import type { Options } from '#client';
import { dataFolder } from './data-folder.js';
import { LOCAL_URL, LocalServer } from './local-server.js';

/** How a client reaches its server. */
export type Access = Pick<Options, 'url' | 'token' | 'fetch'>;

/** What names the server is no address of one. */
export class UrlInvalid extends Error {
  constructor(name: string) {
    super(`${name} must be the URL of a server, as http://127.0.0.1:3000`);
  }
}

export const isServerUrl = (url: string): boolean =>
  ['http:', 'https:'].includes(URL.parse(url)?.protocol ?? '');

/**
 * The server of AGENT_RUNTIME_URL with AGENT_RUNTIME_TOKEN, else that of the setup file or the daemon of this user. Takes
 * the token out of the environment, which the commands of agents inherit.
 * @param given an address that was typed, before any other
 * @throws UrlInvalid
 */
export function openAccess(environment: NodeJS.ProcessEnv, given?: string): Access {
  const { AGENT_RUNTIME_URL, AGENT_RUNTIME_TOKEN: token } = environment;
  delete environment['AGENT_RUNTIME_TOKEN'];
  const url = given || AGENT_RUNTIME_URL;
  if (!url) {
    const { fetch } = new LocalServer(dataFolder(environment));
    return { url: LOCAL_URL, fetch: fetch as unknown as typeof globalThis.fetch };
  }
  if (!isServerUrl(url)) throw new UrlInvalid(given ? '--url' : 'AGENT_RUNTIME_URL');
  return { url, ...(token && { token }) };
}
