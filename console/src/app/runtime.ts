import { AgentRuntime } from '@agent-runtime/client';
import { credentials } from './credentials.ts';
import { Signal } from './signal.ts';

/** Whether a 401 has been answered and not been put right. */
export const isSignedOut = new Signal(false);

/** Event streams by their path, each with whether its connection stands. */
const lines = new Map<string, Signal<boolean>>();

export function lineOf(path: string): Signal<boolean> {
  let line = lines.get(path);
  if (!line) lines.set(path, (line = new Signal(false)));
  return line;
}

async function watchedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  // Nothing stays in the browser for the next user.
  const response = await fetch(input, { ...init, cache: 'no-store' });
  if (response.status === 401) isSignedOut.set(true);
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream')) {
    lineOf(pathname).set(true);
  }
  return response;
}

export const runtime = new AgentRuntime({
  url: location.origin,
  token: () => credentials.read(),
  fetch: watchedFetch,
  retryFor: 10_000,
  onRetry: ({ request }) => {
    const [method, path] = request.split(' ') as [string, string];
    if (method === 'GET') lines.get(path)?.set(false);
  },
});
