import type { FixtureResponse } from '@copilotkit/aimock';
import { reasonOf } from './outcome.js';
import { PlanArguments, planFor } from './plan.js';
import { callTool, finish, sayAndCall } from './reply.js';
import { SettledCall, Turn } from './turn.js';
import { filesNamedIn } from './wish.js';

/** The runtime's wording of a request for changes. */
const WISH = /^The developer wants the plan changed(?:: ([^]*?))?\.?\nCall create_plan again/;
const MAX_CHANGES = 5;

/**
 * The architect's next step: list the files, propose, and propose again after each request for changes, up to a limit.
 * A task that names no file gets a design in prose.
 */
export function design(turn: Turn): FixtureResponse {
  if (filesNamedIn(turn.task).length === 0) return sketch(turn);
  const listing = turn.last('list_files');
  if (!listing) {
    return sayAndCall(
      'I will look at what is there before I plan.',
      callTool('list_files', { path: '.', recursive: true }),
    );
  }
  const proposals = turn.calls('create_plan');
  const wishes = proposals.map(({ answer }) => WISH.exec(answer)).filter((match) => match !== null);
  if (wishes.length < proposals.length) return finish(`I propose no other plan. ${said(proposals.at(-1)!)}`);
  if (wishes.length > MAX_CHANGES) {
    return finish(`I have changed the plan ${MAX_CHANGES} times. Give me a task that says it all.`);
  }
  const spoken = wishes.map(([, wish]) => wish?.trim() ?? '').filter((wish) => wish !== '');
  const plan = planFor(turn.task, spoken, filesOf(listing))!; // the task names files
  return sayAndCall(
    wishes.length === 0 ? introduce(plan) : accept(spoken),
    callTool('create_plan', { ...plan }),
  );
}

const filesOf = ({ answer, failed }: SettledCall): string[] =>
  failed ? [] : (answer.match(/[^\s"[\],]+/g) ?? []);

const introduce = ({ subtasks }: PlanArguments): string =>
  `This takes ${subtasks.length} steps. I propose a plan; nothing happens before you have approved it.`;

const accept = (wishes: readonly string[]): string =>
  wishes.length === 0
    ? 'You did not say what to change; here it is again.'
    : 'I have taken that up. The plan again:';

const said = (call: SettledCall): string =>
  call.failed ? `This one was not taken: ${reasonOf(call)}.` : 'This one is decided.';

function sketch({ task }: Turn): FixtureResponse {
  return sayAndCall(
    `This is how I would go about it: “${task.trim()}”

Goal. One sentence that says what will be possible afterwards, and one that says what stays out. Everything below is \
measured against them.

Structure. A core that knows the rules and nothing of files, network or database; around it thin parts that read and \
write. One file per purpose, so that each step below changes few of them.

Order. First the smallest path that works from end to end, with a test that shows it. Then the rules, one at a time, \
each with its test. Last what can go wrong: bad input, a peer that is slow, a process that is killed.

Risks. The decision that is hardest to take back is the shape of the data: settle it first, and write down what was \
rejected and why.`,
    callTool('attempt_completion', {
      result:
        'That is a canned design of the offline demo model. For a task that names files (“Plan src/a.js that prints hi”) it proposes a plan.',
    }),
  );
}
