import { statSync } from 'node:fs';
import { POLICIES, type Policy } from './policy.ts';

export const USAGE = `usage: agent-runtime hands [OPTION…]

Executes the tool calls of agents in a folder. With --task it gives an agent a task and ends with it.
Without --task it serves the other clients of a session until it is stopped.

  --workspace DIR   the folder, . by default
  --task TEXT       the task; - reads it from standard input
  --session ID      continues a session; a new one by default. Without --task it may be given several times
  --agent NAME      the agent of a new session; the runtime chooses by default
  --model ID        the model of a new session
  --policy POLICY   what happens to calls that change something:
                    ask            you are asked (default)
                    accept-edits   edits of files are allowed; you are asked about all others
                    read-only      they are refused
                    yes            they are allowed
                    With --task the question appears in this terminal. Without a terminal plans are approved
                    and such calls refused. Without --task the other clients decide, except with yes
  --json            prints each event as a line of JSON, and nothing else
  --url URL         the server. By default AGENT_RUNTIME_URL; if that is unset, the server chosen by
                    agent-runtime acp setup, or your own server, which is started when needed

AGENT_RUNTIME_TOKEN is the key or token for the server. Exit codes: 0 the run is completed, 1 it failed, 3 it reached
its limit of model calls, 130 it was cancelled. Ctrl-C cancels the run; a second Ctrl-C exits at once.`;

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
