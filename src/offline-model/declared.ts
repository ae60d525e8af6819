import type { FixtureResponse } from '@copilotkit/aimock';
import { finish } from './reply.js';
import type { Turn } from './turn.js';

/** “Call the tool NAME”, or “Call the tool NAME with {…}”: to try tools that clients declare. */
const WISH = /\bcall the tool `?([a-z][\w-]{0,63})`?(?: with (\{[^]*\}))?/i;

export const wantsTool = (task: string): boolean => WISH.test(task);

/** Calls the tool that a task names, then tells what it answered; undefined where the task names none that is offered. */
export function callDeclared(turn: Turn): FixtureResponse | undefined {
  const [, name = '', args = '{}'] = WISH.exec(turn.task) ?? [];
  if (!turn.offers(name)) return undefined;
  const last = turn.last(name);
  if (last) return finish(`${name} answered: ${last.answer}`);
  return { content: `I call ${name}.`, toolCalls: [{ name, arguments: args }] };
}
