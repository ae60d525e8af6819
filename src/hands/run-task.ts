import { type Lent, type Outcome, type RuntimeEvent, Transcript } from '#client';
import { LentOnScreen } from '../ide/lent-on-screen.ts';
import { Screen } from '../ide/screen.ts';
import { TerminalHuman } from '../ide/terminal-human.ts';
import { Terminal } from '../ide/terminal.ts';
import { printAsJson, quietly } from './as-json.ts';
import { decidesBy } from './policy.ts';
import type { Stage } from './stage.ts';

/** From a signal on, for the answer that says which run is to be cancelled. */
const LAST_ANSWER_MS = 2_000;

/** Gives an agent a task, and stays until its run has ended. @throws Problem where the server refuses it */
export async function runTask(sessionId: string, text: string, stage: Stage): Promise<Outcome> {
  const { tools, options, quit, interrupt } = stage;
  const { policy, json } = options;
  if (json) {
    return stayCancellable(sessionId, text, stage, quietly(tools, decidesBy(policy)), printAsJson);
  }
  const screen = new Screen();
  using terminal = process.stdin.isTTY ? new Terminal(screen, quit, interrupt) : undefined;
  const human =
    terminal && policy !== 'yes'
      ? new TerminalHuman(terminal, screen)
      : decidesBy(policy, (reason) => screen.note(reason));
  const lent = new LentOnScreen({ tools, human, screen });
  const transcript = new Transcript();
  const startedAt = performance.now();
  const outcome = await stayCancellable(sessionId, text, stage, lent, (event) => {
    const change = transcript.apply(event);
    lent.show(event, change?.message.role === 'assistant' ? change.added : '');
  });
  screen.runFinished(outcome, { firstTokenMs: undefined, totalMs: performance.now() - startedAt });
  return outcome;
}

/** The first signal to the process cancels the run; its end is waited for all the same. */
async function stayCancellable(
  sessionId: string,
  text: string,
  stage: Stage,
  { tools, onUnknownTool, onApproval, onPlan }: Required<Omit<Lent, 'declared' | 'journal'>>,
  onEvent: (event: RuntimeEvent) => void,
): Promise<Outcome> {
  const { runtime, cancel } = stage;
  const runId = await begin(sessionId, text, stage);
  const failure = Promise.withResolvers<never>();
  const cancelRun = () => void runtime.runs.cancel(runId).catch(failure.reject);
  if (cancel.aborted) cancelRun();
  else cancel.addEventListener('abort', cancelRun, { once: true });
  const outcome = runtime.stay(sessionId, runId, { tools, onUnknownTool, onApproval, onPlan, onEvent });
  return Promise.race([outcome, failure.promise]);
}

/** @returns the id of the run; after a signal a server that does not say it soon is away, and is not waited for */
async function begin(sessionId: string, text: string, { runtime, cancel }: Stage): Promise<string> {
  const giveUp = new AbortController();
  const giveUpSoon = () => setTimeout(() => giveUp.abort(cancel.reason), LAST_ANSWER_MS).unref();
  if (cancel.aborted) giveUpSoon();
  else cancel.addEventListener('abort', giveUpSoon, { once: true });
  const message = { type: 'user_message' as const, content: text };
  const { run } = await runtime.sessions.send(sessionId, message, { signal: giveUp.signal });
  return run!.id;
}
