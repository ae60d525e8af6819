import { SettledCall } from './turn.js';

/** Which command was run. */
export const commandOf = ({ arguments: args, edited }: SettledCall): string =>
  edited ? 'the command as you edited it' : `\`${String(args['command'])}\``;

/** How a command that ran well ended. */
export function howItEnded(call: SettledCall): string {
  const output = outputOf(call);
  return output === '' ? 'it ended without an error' : `it answered “${output}”`;
}

/** Why a call failed, in its own words: one line. */
export function reasonOf(call: SettledCall): string {
  const reason = call.answer.startsWith('Error:') ? call.answer.slice('Error:'.length) : outputOf(call);
  return reason.trim().split('\n')[0]!.replace(/\.$/, '');
}

/** What a command printed: clients answer with plain text or with an object. */
function outputOf({ answer }: SettledCall): string {
  const field = (name: string) => new RegExp(`"${name}":\\s*("(?:[^"\\\\]|\\\\.)*")`).exec(answer)?.[1];
  const printed = [field('stdout'), field('stderr')].map(
    (json) => json && (JSON.parse(json) as string).trim(),
  );
  return printed.find((text) => text) ?? (printed.includes('') ? '' : answer.trim());
}
