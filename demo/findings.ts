import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentRuntime, Message } from '@agent-runtime/client';
import { FIRST_LINE, INSTRUCTIONS } from './playground.ts';
import { runCommand } from '../src/ide/run-command.ts';
import { RUNS, SHORTER, TYPED, WANTED } from './story.ts';
import type { Witness } from './witness.ts';

const COMMAND_LIMIT_MS = 10_000;
/** Whom the server takes the human for when it asks for no key. */
const USER = 'local';

const OUT_OF_DATE = /^Error: .* has changed since you read it/;

/** One thing that was looked at when all was done. */
export interface Finding {
  /** What is right about it. */
  readonly passed: string;
  /** All that is wrong with it. */
  readonly faults: readonly string[];
}

/** The files that were asked for: they are believed when they run. */
export async function lookAtFiles(workspace: string, signal: AbortSignal): Promise<Finding> {
  const passed = `${WANTED.join(' and ')} are on disk, and print “${SHORTER}”`;
  const missing = WANTED.filter((path) => !existsSync(join(workspace, path)));
  if (missing.length > 0) return { passed, faults: missing.map((path) => `${path} is not on disk`) };
  const command = `node ${WANTED.at(-1)}`;
  const ended = await runCommand(command, workspace, COMMAND_LIMIT_MS, signal);
  if (ended.exit_code === 0 && ended.stdout.trim() === SHORTER) return { passed, faults: [] };
  return { passed, faults: [`${command} should print “${SHORTER}”, but: ${JSON.stringify(ended)}`] };
}

/** What AGENTS.md asks for must show in the scripts that were written. */
export async function lookAtInstructions(workspace: string): Promise<Finding> {
  const texts = await Promise.all(
    WANTED.map(async (path) => ({ path, text: await readFile(join(workspace, path), 'utf8') })),
  );
  const faults = texts
    .filter(({ text }) => !text.split('\n').includes(FIRST_LINE))
    .map(({ path }) => `${path} lacks the line that ${INSTRUCTIONS} asks for: ${FIRST_LINE}`);
  return { passed: `each new script has the line that ${INSTRUCTIONS} asks for`, faults };
}

/** An edit that was out of date must have been refused once, and what the human typed must be there still. */
export async function lookAtEdits(
  runtime: AgentRuntime,
  sessionId: string,
  workspace: string,
): Promise<Finding> {
  const messages = await runtime.sessions.messages(sessionId).all();
  const refused = messages.filter(({ role, content }) => role === 'tool' && OUT_OF_DATE.test(content));
  const text = await readFile(join(workspace, WANTED[0]), 'utf8');
  const faults = [
    ...(refused.length === 1 ? [] : [`${refused.length} edits were refused as out of date, instead of 1`]),
    ...(text.startsWith(TYPED) ? [] : [`what the human typed into ${WANTED[0]} is lost`]),
  ];
  return {
    passed: 'an edit that was out of date was refused and repaired; what the human typed is kept',
    faults,
  };
}

export async function lookAtRuns(runtime: AgentRuntime, sessionId: string): Promise<Finding> {
  const runs = await runtime.sessions.runs(sessionId).all();
  const pending = await runtime.sessions.approvals(sessionId, { status: 'pending' }).all();
  const faults = [
    ...(runs.length === RUNS ? [] : [`there are ${runs.length} runs instead of ${RUNS}`]),
    ...runs.filter(({ status }) => status !== 'completed').map(({ id, status }) => `run ${id} is ${status}`),
    ...pending.map(({ subject }) => `${subject} has no decision`),
  ];
  return { passed: `${runs.length} runs, all completed; no question is open`, faults };
}

export async function lookAtPlan(runtime: AgentRuntime, sessionId: string): Promise<Finding> {
  const [newest, ...others] = await runtime.sessions.plans(sessionId).all();
  if (!newest || others.length > 0) {
    return { passed: '', faults: [`there are ${newest ? others.length + 1 : 0} plans instead of 1`] };
  }
  const plan = await runtime.plans.get(newest.id);
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
export async function lookAtContext(runtime: AgentRuntime, sessionId: string): Promise<Finding> {
  const { checkpoint, tokens } = await runtime.context.get(sessionId);
  const passed = `the agent is told a checkpoint that knows the files, and ${tokens} tokens in all`;
  if (!checkpoint) return { passed, faults: ['there is no checkpoint'] };
  const unknown = WANTED.filter((path) => !checkpoint.content.includes(path));
  return { passed, faults: unknown.map((path) => `the checkpoint does not know ${path}`) };
}

export async function lookAtSynopsis(runtime: AgentRuntime, sessionId: string): Promise<Finding> {
  const { status, version, items } = await runtime.synopses.get(sessionId);
  const faults = [
    ...(status === 'ready' ? [] : [`the synopsis is ${status}`]),
    ...(items?.length ? [] : ['the synopsis is empty']),
  ];
  return { passed: `the synopsis is ready, in version ${version}`, faults };
}

/** Whether what is stored of a session, in its main history and in each subtask, is what was streamed. */
export async function lookAtMessages(
  runtime: AgentRuntime,
  sessionId: string,
  witness: Witness,
): Promise<Finding> {
  const plans = await runtime.sessions.plans(sessionId).all();
  const subtaskIds = plans.flatMap(({ subtasks }) => subtasks.map(({ id }) => id));
  const stored = new Map<string | null, Message[]>();
  for (const place of [null, ...subtaskIds]) {
    const filter = place === null ? {} : { subtask_id: place };
    stored.set(place, await runtime.sessions.messages(sessionId, filter).all());
  }
  const count = [...stored.values()].flat().length;
  const main = stored.get(null)!.length;
  const passed = `${count} messages stored, ${main} of them in the main history, as they were streamed`;
  return { passed, faults: witness.differencesFrom(stored) };
}
