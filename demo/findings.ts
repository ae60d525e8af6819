import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from './api.ts';
import type { IdeClient } from './ide-client.ts';
import { runCommand } from './run-command.ts';
import { GREETING, RUNS, WANTED } from './story.ts';
import type { Transcript } from './transcript.ts';

const COMMAND_LIMIT_MS = 10_000;
/** Whom the server takes the human for when it asks for no key. */
const USER = 'local';

/** One thing that was looked at when all was done. */
export interface Finding {
  /** What is right about it. */
  readonly passed: string;
  /** All that is wrong with it. */
  readonly faults: readonly string[];
}

/** The files that were asked for: they are believed when they run. */
export async function lookAtFiles(workspace: string, signal: AbortSignal): Promise<Finding> {
  const passed = `${WANTED.join(' and ')} are on disk, and print “${GREETING}”`;
  const missing = WANTED.filter((path) => !existsSync(join(workspace, path)));
  if (missing.length > 0) return { passed, faults: missing.map((path) => `${path} is not on disk`) };
  const command = `node ${WANTED.at(-1)}`;
  const ended = await runCommand(command, workspace, COMMAND_LIMIT_MS, signal);
  if (ended.exit_code === 0 && ended.stdout.trim() === GREETING) return { passed, faults: [] };
  return { passed, faults: [`${command} should print “${GREETING}”, but: ${JSON.stringify(ended)}`] };
}

export async function lookAtRuns(client: IdeClient, sessionId: string): Promise<Finding> {
  const runs = await client.runs(sessionId);
  const pending = await client.pendingApprovals(sessionId);
  const faults = [
    ...(runs.length === RUNS ? [] : [`there are ${runs.length} runs instead of ${RUNS}`]),
    ...runs.filter(({ status }) => status !== 'completed').map(({ id, status }) => `run ${id} is ${status}`),
    ...pending.map(({ subject }) => `${subject} has no decision`),
  ];
  return { passed: `${runs.length} runs, all completed; no question is open`, faults };
}

export async function lookAtPlan(client: IdeClient, sessionId: string): Promise<Finding> {
  const [newest, ...others] = await client.plans(sessionId);
  if (!newest || others.length > 0) {
    return { passed: '', faults: [`there are ${newest ? others.length + 1 : 0} plans instead of 1`] };
  }
  const plan = await client.plan(newest.id);
  const approver = plan.history.find(({ to }) => to === 'approved')?.decided_by;
  const story = plan.history.map(({ action, decided_by: by }) => `${action} by ${by}`);
  const faults = [
    ...(plan.status === 'completed' ? [] : [`plan ${plan.id} is ${plan.status}`]),
    ...plan.subtasks
      .filter(({ status }) => status !== 'done')
      .map(({ position, status }) => `subtask ${position} is ${status}`),
    ...(approver === USER ? [] : [`the plan was approved by ${approver ?? 'nobody'}, not by ${USER}`]),
  ];
  return { passed: `the plan is ${plan.status}: ${story.join(', ')}`, faults };
}

/** The checkpoint is believed when it knows the files that were written. */
export async function lookAtContext(client: IdeClient, sessionId: string): Promise<Finding> {
  const { checkpoint, tokens } = await client.context(sessionId);
  const passed = `the agent is told a checkpoint that knows the files, and ${tokens} tokens in all`;
  if (!checkpoint) return { passed, faults: ['there is no checkpoint'] };
  const unknown = WANTED.filter((path) => !checkpoint.content.includes(path));
  return { passed, faults: unknown.map((path) => `the checkpoint does not know ${path}`) };
}

export async function lookAtSynopsis(client: IdeClient, sessionId: string): Promise<Finding> {
  const { status, version, items } = await client.synopsis(sessionId);
  const faults = [
    ...(status === 'ready' ? [] : [`the synopsis is ${status}`]),
    ...(items?.length ? [] : ['the synopsis is empty']),
  ];
  return { passed: `the synopsis is ready, in version ${version}`, faults };
}

/** Whether what is stored of a session, in its main history and in each subtask, is what was streamed. */
export async function lookAtMessages(
  client: IdeClient,
  sessionId: string,
  transcript: Transcript,
): Promise<Finding> {
  const plans = await client.plans(sessionId);
  const subtaskIds = plans.flatMap(({ subtasks }) => subtasks.map(({ id }) => id));
  const stored = new Map<string | null, Message[]>();
  for (const place of [null, ...subtaskIds]) stored.set(place, await client.messages(sessionId, place));
  const count = [...stored.values()].flat().length;
  const main = stored.get(null)!.length;
  const passed = `${count} messages stored, ${main} of them in the main history, as they were streamed`;
  return { passed, faults: transcript.differencesFrom(stored) };
}
