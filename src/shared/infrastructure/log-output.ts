import { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { Config } from '../../config/config.js';
import { jsonEscape } from '../domain/json.js';
import { Redaction } from './redaction.js';
import { standardOutput } from './standard-output.js';

/** Characters outside ASCII that terminals interpret: DEL and C1, line separators and directions of Unicode. */
const UNSEEN = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** In JSON a control character is an escape sequence. */
const ESCAPES = /\\(?:u[0-9a-f]{4}|.)/gi;
const OF_CONTROLS = /^\\(?:[bfnrt]|u00[01]|u007f|u00[89]|u20)/i;
const STACK_LINE = '    at ';

/** Readable text: control characters are shown escaped; only stacks keep their line breaks. */
const readable = (line: string) =>
  line.replace(ESCAPES, (sequence, at: number) => {
    const isLineOfStack = sequence === '\\n' && line.startsWith(STACK_LINE, at + sequence.length);
    return OF_CONTROLS.test(sequence) && !isLineOfStack ? `\\${sequence}` : sequence;
  });

/**
 * The destination of log lines, one for each call: redacted, and without characters that would make one line look
 * like two. JSON, or readable text.
 */
export function logOutput(config: Config, output: DestinationStream = standardOutput()): DestinationStream {
  const redaction = Redaction.of(config);
  const clean = (line: string) => redaction.clean(line).replace(UNSEEN, jsonEscape);
  if (config.logFormat === 'json') return { write: (line) => output.write(clean(line)) };
  const pretty = prettyFactory({ singleLine: true, ignore: 'pid,hostname,context' });
  return { write: (line) => output.write(pretty(readable(clean(line)))) };
}
