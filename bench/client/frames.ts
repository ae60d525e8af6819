import type { IncomingMessage } from 'node:http';

/** Calls back for each server-sent event; `type` is empty where it has none. Resolves with the end of the stream. */
export function readFrames(
  response: IncomingMessage,
  onFrame: (type: string, data: string) => void,
): Promise<void> {
  let rest = '';
  response.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    response.on('data', (text: string) => {
      const frames = (rest + text).split('\n\n');
      rest = frames.pop() ?? '';
      try {
        for (const frame of frames) {
          const data = field(frame, 'data: ');
          if (data !== '') onFrame(field(frame, 'event: '), data);
        }
      } catch (error) {
        response.destroy(error as Error);
      }
    });
    response.once('end', resolve);
    response.once('error', reject);
    response.once('close', () => reject(new Error('the stream broke off')));
  });
}

/** Each field is one line of its own, at most one of a kind. */
function field(frame: string, name: string): string {
  const at = frame.startsWith(name) ? 0 : frame.indexOf(`\n${name}`) + 1;
  if (at === 0 && !frame.startsWith(name)) return '';
  const end = frame.indexOf('\n', at);
  return frame.slice(at + name.length, end < 0 ? undefined : end);
}
