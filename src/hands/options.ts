import { statSync } from 'node:fs';
import { POLICIES, type Policy } from './policy.ts';

export const USAGE = `usage: agent-runtime hands [OPTION…]

Executes in a folder what agents call: for one task until it is done, or, without --task, for what other
clients say in a session, until it is stopped.

  --workspace DIR   the folder, . by default
  --task TEXT       what is to be done; - reads it from standard input
  --session ID      goes on with a session; without --task several may be named. A new one by default
  --agent NAME      who answers in a new session; the runtime chooses by default
  --model ID        the model of a new session
  --policy POLICY   what is done about calls that change something:
                    ask            they are asked about (default)
                    accept-edits   edits of files are allowed, the others are asked about
                    read-only      they are refused
                    yes            they are allowed
                    A task asks the person at this terminal. Where there is none, plans are approved and calls
                    refused. Without --task the other clients of the session decide, except with yes
  --json            prints each event as a line of JSON, and nothing else
  --url URL         of the server: AGENT_RUNTIME_URL, else what was set up (agent-runtime acp setup), or one of
                    your own that is started

AGENT_RUNTIME_TOKEN is the key or token for it. The exit code tells how the run has ended: 0 completed, 1 failed,
3 the limit of model calls, 130 cancelled. Ctrl-C cancels the run; a second time it leaves at once.`;

export const OPTIONS = {
  workspace: { type: 'string', default: '.' },
  task: { type: 'string' },
  session: { type: 'string', multiple: true, default: [] as string[] },
  agent: { type: 'string' },
  model: { type: 'string' },
  policy: { type: 'string', default: 'ask' },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const;

/** What was typed, as `parseArgs` reads it. */
export interface Typed {
  readonly workspace: string;
  readonly task?: string | undefined;
  readonly session: readonly string[];
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  readonly policy: string;
  readonly json: boolean;
  readonly url?: string | undefined;
}

export interface HandsOptions extends Omit<Typed, 'policy'> {
  readonly policy: Policy;
}

/** @throws Error with what does not go together */
export function checkOptions(typed: Typed, isTerminal: boolean): HandsOptions {
  const { workspace, task, session, agent, model, policy, json } = typed;
  if (!isPolicy(policy)) throw new Error(`--policy must be one of ${POLICIES.join(', ')}`);
  if (!statSync(workspace, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`--workspace: ${workspace} is no folder`);
  if (task?.trim() === '') throw new Error('--task must say something');
  if (task !== undefined && session.length > 1) throw new Error('A task has one --session');
  if (session.length > 0) {
    if (agent !== undefined || model !== undefined)
      throw new Error('--agent and --model are for new sessions');
    if (MADE_FOR.includes(policy)) throw new Error(`--policy ${policy} is for new sessions`);
  }
  if (task !== undefined && policy === 'ask' && (!isTerminal || json || task === '-'))
    throw new Error(
      'A person is asked at a terminal only, and not with --json or --task -: choose another --policy',
    );
  return { ...typed, policy };
}

/** Policies that are a mode of the session. */
const MADE_FOR: readonly Policy[] = ['accept-edits', 'read-only'];

const isPolicy = (name: string): name is Policy => (POLICIES as readonly string[]).includes(name);
