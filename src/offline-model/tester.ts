import type { FixtureResponse } from '@copilotkit/aimock';
import { commandOf, howItEnded, reasonOf } from './outcome.js';
import { callTool, finish, sayAndCall } from './reply.js';
import { Turn } from './turn.js';

const COMMAND = /(?<!\p{L})run\s+`([^`\n]+)`/iu;

/** Runs the command that the task names, once, and reports; undefined where it names none. */
export function tryOut(turn: Turn): FixtureResponse | undefined {
  const command = COMMAND.exec(turn.task)?.[1];
  if (!command) return undefined;
  const run = turn.last('execute_command');
  if (!run) {
    return sayAndCall(
      `I will run \`${command}\` and look at what it answers.`,
      callTool('execute_command', { command, timeout_seconds: 30 }),
    );
  }
  if (run.refused) return finish(`I did not run \`${command}\`: ${reasonOf(run)}.`);
  const what = commandOf(run);
  return finish(
    run.failed ? `I ran ${what}; it failed: ${reasonOf(run)}.` : `I ran ${what}; ${howItEnded(run)}.`,
  );
}
