import { SettledCall } from './turn.js';

/** The command of a call. */
export const commandOf = ({ arguments: args, edited }: SettledCall): string =>
  edited ? 'the command as you edited it' : `\`${String(args['command'])}\``;

/** Describes the end of a successful command. */
export function howItEnded(call: SettledCall): string {
  const output = outputOf(call);
  return output === '' ? 'it ended without an error' : `it answered “${output}”`;
}

/** One line of the call's answer that says why it failed. */
export function reasonOf(call: SettledCall): string {
  const reason = call.answer.startsWith('Error:') ? call.answer.slice('Error:'.length) : outputOf(call);
  return reason.trim().split('\n')[0]!.replace(/\.$/, '');
}

/** The output of a command: clients answer with plain text or with an object. */
function outputOf({ answer }: SettledCall): string {
  const field = (name: string) => new RegExp(`"${name}":\\s*("(?:[^"\\\\]|\\\\.)*")`).exec(answer)?.[1];
  const printed = [field('stdout'), field('stderr')].map(
    (json) => json && (JSON.parse(json) as string).trim(),
  );
  return printed.find((text) => text) ?? (printed.includes('') ? '' : answer.trim());
}
