import type { FixtureResponse } from '@copilotkit/aimock';
import { callTool, sayAndCall } from './offline-reply.js';
import { Turn } from './offline-turn.js';

/** A design in prose. */
export function design({ task }: Turn): FixtureResponse {
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
        'That is a canned design of the offline demo model; a real one would name the files of this workspace.',
    }),
  );
}
