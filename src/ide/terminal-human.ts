import type { ApprovalContext, CallApproval, CallDecision, DecisionOnPlan, Json, Plan } from '#client';
import type { Human } from './human.ts';
import type { Screen } from './screen.ts';
import type { Prompt } from './terminal.ts';

const PLAN_QUESTION = 'The plan: a(pprove), r(eject) [why], m(odify) [how]?';
const CALL_QUESTION = 'Allow it: y(es), n(o) [why], e(dit) [arguments as JSON], always';
const EDIT_QUESTION = 'The arguments to change, as JSON, like {"path":"b.txt"}:';

/** A person at the terminal; asked again until the answer is one. */
export class TerminalHuman implements Human {
  readonly #prompt: Prompt;
  readonly #screen: Pick<Screen, 'note'>;

  constructor(prompt: Prompt, screen: Pick<Screen, 'note'>) {
    this.#prompt = prompt;
    this.#screen = screen;
  }

  async decideOnPlan(_plan: Plan, { signal }: { readonly signal: AbortSignal }): Promise<DecisionOnPlan> {
    for (;;) {
      const { word, rest } = split(await this.#ask(PLAN_QUESTION, signal));
      if (isWord(word, 'approve')) return { decision: 'approve' };
      if (isWord(word, 'reject')) return { decision: 'reject', ...(rest && { feedback: rest }) };
      if (isWord(word, 'modify')) {
        const feedback = rest || (await this.#ask('What shall be different?', signal));
        if (feedback) return { decision: 'modify', feedback };
      }
      this.#screen.note('please answer a, r or m');
    }
  }

  async decideOnCall(
    { arguments: args, suggestions = [] }: CallApproval,
    { refusal, signal }: ApprovalContext,
  ): Promise<CallDecision> {
    if (refusal !== undefined) this.#screen.note(`the server does not take this edit: ${refusal}`);
    const question = CALL_QUESTION + (suggestions.length > 0 ? ', or a number of the list?' : '?');
    for (;;) {
      const { word, rest } = split(await this.#ask(question, signal));
      const pattern = suggestions.find((_, index) => word === String(index + 1));
      if (pattern) return { decision: 'approve', remember_when: pattern };
      if (isWord(word, 'yes')) return { decision: 'approve' };
      if (word === 'always') return { decision: 'approve', remember: true };
      if (isWord(word, 'no')) return { decision: 'reject', ...(rest && { feedback: rest }) };
      if (isWord(word, 'edit')) {
        const changed = parseObject(rest || (await this.#ask(EDIT_QUESTION, signal)));
        if (changed) return { decision: 'edit', modified_arguments: { ...args, ...changed } };
        this.#screen.note('that is no JSON object');
      } else {
        this.#screen.note(`please answer y, n, e, always${suggestions.length > 0 ? ' or a number' : ''}`);
      }
    }
  }

  async #ask(question: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#prompt.ask(question, signal);
    if (answer === undefined) throw new Error('The input ended before the question was answered');
    return answer;
  }
}

function split(answer: string): { word: string; rest: string } {
  const [, word = '', rest = ''] = /^(\S*)\s*([^]*)$/.exec(answer) ?? [];
  return { word: word.toLowerCase(), rest };
}

const isWord = (given: string, word: string): boolean => given === word || given === word[0];

function parseObject(text: string): Record<string, Json> | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // the person is asked again
  }
}
