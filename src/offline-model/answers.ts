import type { ChatCompletionRequest, FixtureResponse } from '@copilotkit/aimock';
import { design } from './architect.js';
import { Kind, Verdict, classify } from './classification.js';
import { takeCodingStep } from './coder.js';
import { explain } from './explainer.js';
import { takeNotes, wantsNotes } from './notes.js';
import { callTool, sayAndCall } from './reply.js';
import { sumUp } from './synopsis.js';
import { tryOut } from './tester.js';
import { Turn, textOf } from './turn.js';
import { callDeclared } from './declared.js';
import { filesNamedIn } from './wish.js';

/**
 * The canned answers of the offline demo model. It recognises agents by the tools they are offered, and has no memory:
 * equal requests get equal answers.
 */
export function answerOffline(request: ChatCompletionRequest): FixtureResponse {
  if (wantsNotes(textOf(request.messages[0]))) return { content: takeNotes(lastTextOf(request)) };
  const turn = Turn.of(request);
  const verdict = classify(turn.task);
  const format = formatOf(request);
  if (format === 'task_classification') return { content: JSON.stringify(verdict) };
  if (format === 'synopsis') return { content: JSON.stringify(sumUp(lastTextOf(request))) };
  const answer = callDeclared(turn) ?? answerTo(turn, verdict);
  return turn.isNew ? { ...answer, reasoning: thoughtOn(turn, verdict) } : answer;
}

function answerTo(turn: Turn, verdict: Verdict): FixtureResponse {
  const writes = turn.offers('write_file');
  if (turn.offers('create_plan')) {
    return verdict.agent === 'explain' ? explain(turn, 'question') : design(turn);
  }
  if (writes && (turn.isSubtask || codes(verdict, turn))) return takeCodingStep(turn);
  const able = SPECIALISTS[verdict.agent];
  if (able && turn.offers('switch_agent') && !turn.last('switch_agent')) {
    return sayAndCall(able.said, callTool('switch_agent', { agent: able.agent, reason: verdict.reason }));
  }
  const debugs = turn.offers('execute_command') && !writes;
  if (debugs) return tryOut(turn) ?? explain(turn, 'fault');
  return explain(turn, verdict.agent === 'debug' ? 'fault' : 'question');
}

/** What it reasons when a task begins, so that clients have some to show. */
function thoughtOn(turn: Turn, { agent }: Verdict): string {
  if (agent === 'explain') return 'This is a question: an answer in words is enough.';
  if (turn.offers('create_plan')) return 'Before I plan the steps I want to know what is there.';
  if (turn.offers('write_file')) return 'I look around first, then write, and run it at the end.';
  return 'I want to see it run before I say anything about it.';
}

/** The agent to switch to, by kind of task, and what is said about it. */
const SPECIALISTS: Partial<Record<Kind, { agent: string; said: string }>> = {
  code: { agent: 'coder', said: 'I change no files; the coder does.' },
  plan: { agent: 'architect', said: 'That wants a plan; the architect makes it.' },
};

/** A coder takes a task that names a file even if it needs a plan, since the developer chose the coder. */
const codes = ({ agent }: Verdict, { task }: Turn): boolean =>
  agent === 'code' || (agent === 'plan' && filesNamedIn(task).length > 0);

/** The name of the requested JSON format; undefined for text. */
function formatOf({ response_format: format }: ChatCompletionRequest): string | undefined {
  return (format?.['json_schema'] as { name?: string } | undefined)?.name;
}

const lastTextOf = ({ messages }: ChatCompletionRequest): string => textOf(messages.at(-1));
