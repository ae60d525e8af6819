import { wantsTool } from './declared.js';
import { filesNamedIn } from './wish.js';

/** The kind of a task, as in the classification's schema. */
export type Kind = 'code' | 'plan' | 'debug' | 'explain';

export interface Verdict {
  readonly is_atomic: boolean;
  readonly agent: Kind;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly reason: string;
}

const word = (...beginnings: string[]) => new RegExp(`(?<!\\p{L})(?:${beginnings.join('|')})`, 'iu');

/** A question starts with a question word; "Write down what it does" is not a question. */
const LONGEST_QUESTION_WORD = 9;
const QUESTION = word('explain|describe|tell me|what|how|why', 'объясн|расскаж|опиши|что|как|почему|зачем');
const FAULT = word(
  'debug|bug|error|exception|crash|fails?(?!\\p{L})|failing|broken|(?:does|is|do)(?:n.t| not) work',
  'отлад|баг|ошибк|исключени|падает|упал|сломал|не работает',
);
const DESIGN = word('plan|design|architect|roadmap|migrat', 'план|спроектир|спланир|архитектур|мигр');
const BEGINS_WITH_PLAN = /^\s*(?:please\s+)?(?:plan|design|спланир|спроектир)/iu;
const WORK = word(
  'create|write|add|make|change|edit|append|put|implement|build|rename',
  'созда|напиш|добав|сдела|измен|допиш|реализ',
);
const FILE = /[\p{L}\w-]\.[a-z]{1,4}(?![\p{L}\w])/iu;

/** Classifies a task by its words; the first match wins. */
export function classify(task: string): Verdict {
  const asks = QUESTION.test(task.trimStart().slice(0, LONGEST_QUESTION_WORD));
  if (wantsTool(task)) return atomic('code', 'high', 'The task names a tool to call');
  if (asks && !FAULT.test(task)) return atomic('explain', 'high', 'The task is a question');
  if (BEGINS_WITH_PLAN.test(task)) return planned('The task asks for a plan');
  if (!asks && WORK.test(task) && filesNamedIn(task).length > 1)
    return planned('The task names several files');
  if (!asks && WORK.test(task) && FILE.test(task)) {
    return atomic('code', 'high', 'The task names a file to write');
  }
  if (FAULT.test(task)) return atomic('debug', 'high', 'The task speaks of a fault');
  if (DESIGN.test(task)) return planned('The task asks for a design');
  if (WORK.test(task)) return atomic('code', 'medium', 'The task asks for a change');
  return atomic('explain', 'low', 'The task asks for an answer, not for a change');
}

const atomic = (agent: Kind, confidence: Verdict['confidence'], reason: string): Verdict => ({
  is_atomic: true,
  agent,
  confidence,
  reason,
});

const planned = (reason: string): Verdict => ({
  is_atomic: false,
  agent: 'plan',
  confidence: 'high',
  reason,
});
