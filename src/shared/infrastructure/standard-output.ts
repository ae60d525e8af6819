import { destination } from 'pino';

/** In characters, of lines that wait for room. */
const WAITING_LIMIT = 1_000_000;

/**
 * Standard output for a log. A server goes on while that is refused, as on a full disk: lines wait for room, and those beyond the
 * limit are lost. At its exit pino would write what waits until it succeeds; a line that is being written then may come after those
 * that wait.
 */
export function standardOutput(): ReturnType<typeof destination> {
  const output = destination({ dest: 1, minLength: 0, maxLength: WAITING_LIMIT });
  const flush = output.flushSync.bind(output);
  let isRefused = false;
  output.on('error', () => (isRefused = true));
  output.on('write', () => (isRefused = false));
  output.flushSync = () => {
    if (!isRefused) flush();
  };
  return output;
}
