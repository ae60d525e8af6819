import { credentials } from './credentials.ts';

/** Signs in by the token in the address that `agent-runtime console` opens, which is taken out of the address. */
export async function signInByLink(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get('login');
  if (token === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch('/console/login', {
    method: 'POST',
    headers,
    body: JSON.stringify({ token }),
  });
  if (response.ok) credentials.keep(((await response.json()) as { key: string }).key, false);
}
