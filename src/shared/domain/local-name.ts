/**
 * Whether the `Host` of a request (RFC 9110, 7.2) is an IP address or localhost, as clients on this machine send it.
 * A web page can point its own name at 127.0.0.1 (DNS rebinding) and would then reach a server without authentication
 * as same-origin; but its requests carry that name.
 */
export function isLocalName(host: string | undefined): boolean {
  if (host === undefined || host === '') return true;
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);
}
