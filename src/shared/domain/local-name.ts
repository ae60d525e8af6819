/**
 * Whether the `Host` of a request (RFC 9110, 7.2) is one that only somebody on this machine, or who knows its address, would
 * use: an address or localhost. A web page can give its own name the address 127.0.0.1 (DNS rebinding) and would then
 * speak to a server without authentication as its own; but its requests carry that name.
 */
export function isLocalName(host: string | undefined): boolean {
  if (host === undefined || host === '') return true;
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);
}
