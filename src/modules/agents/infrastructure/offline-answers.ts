import type { ChatCompletionRequest, FixtureResponse } from '@copilotkit/aimock';
import { design } from './offline-architect.js';
import { classify } from './offline-classification.js';
import { takeCodingStep } from './offline-coder.js';
import { explain } from './offline-explainer.js';
import { callTool, sayAndCall } from './offline-reply.js';
import { Turn } from './offline-turn.js';

/**
 * The canned brain of the offline demo model. It knows the agents by the tools they are offered, and remembers nothing:
 * the same request gets the same answer.
 */
export function answerOffline(request: ChatCompletionRequest): FixtureResponse {
  const turn = Turn.of(request);
  const verdict = classify(turn.task);
  if (asksForClassification(request)) return { content: JSON.stringify(verdict) };

  const writes = turn.offers('write_file');
  const executes = turn.offers('execute_command');
  if (writes && !executes) return design(turn);
  if (verdict.agent === 'code' && writes) return takeCodingStep(turn);
  if (verdict.agent === 'code' && turn.offers('switch_agent') && !turn.last('switch_agent')) {
    return sayAndCall(
      'I change no files; the coder does.',
      callTool('switch_agent', { agent: 'coder', reason: verdict.reason }),
    );
  }
  const debugs = executes && !writes;
  return explain(turn, debugs || verdict.agent === 'debug' ? 'fault' : 'question');
}

function asksForClassification({ response_format: format }: ChatCompletionRequest): boolean {
  const schema = format?.['json_schema'] as { name?: string } | undefined;
  return schema?.name === 'task_classification';
}
