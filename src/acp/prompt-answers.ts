import type { ContentBlock, PromptResponse } from '@agentclientprotocol/sdk';
import { type AgentRuntime, Problem, type SynopsisItem } from '#client';
import type { Roots } from '../ide/roots.js';
import { wishIn } from './commands.js';
import type { EditorView } from './editor-view.js';
import { type Prompt, promptOf } from './prompt-content.js';
import { END, type RunStay } from './run-stay.js';
import type { SessionChoices } from './session-choices.js';
import { sendPrompt } from './send-prompt.js';
import { changesIn, markChanges } from './session-record.js';
import { fenced } from './text.js';
import type { Turn } from './turn.js';

/** What prompts are answered with. */
export interface Means {
  readonly runtime: AgentRuntime;
  readonly sessionId: string;
  readonly roots: Roots;
  readonly view: EditorView;
  readonly choices: SessionChoices;
  readonly run: RunStay;
}

/** Answers a prompt by what it asks for: a message, the changes of a plan, or one of the commands. */
export class PromptAnswers {
  readonly #means: Means;

  constructor(means: Means) {
    this.#means = means;
  }

  async answer(turn: Turn, blocks: readonly ContentBlock[]): Promise<PromptResponse> {
    const prompt = await promptOf(blocks, this.#means.roots);
    const { wish, rest } = wishIn(prompt.content);
    if (wish.kind === 'message') return this.#message(turn, blocks, { ...prompt, content: rest }, wish.agent);
    if (wish.kind === 'continue') return this.#continue(turn);
    if (wish.kind === 'synopsis') return this.#synopsis();
    return this.#failedPlan(turn, wish.kind);
  }

  async #message(
    turn: Turn,
    blocks: readonly ContentBlock[],
    prompt: Prompt,
    agentOnce: string | undefined,
  ): Promise<PromptResponse> {
    const { runtime, sessionId, roots, view, choices, run: stay } = this.#means;
    const session = await runtime.sessions.get(sessionId);
    const changes = changesIn(session);
    if (changes) return this.#changePlan(turn, changes, prompt.content);
    const agent = choices.agentFor(session, agentOnce);
    const isLeftOver = session.active_run !== null && session.active_run.id === stay.leftOver;
    const target = { runtime, sessionId, roots, say: (text: string) => view.say(text) };
    const runId = await sendPrompt(target, blocks, prompt, {
      on_busy: isLeftOver ? 'interrupt' : 'queue',
      ...(agent !== undefined && { agent }),
    });
    if (agentOnce === undefined) choices.taken(session);
    return stay.begun(turn, runId);
  }

  /** The words that the user was asked for become the decision on that version, and on no other. */
  async #changePlan(
    turn: Turn,
    changes: NonNullable<ReturnType<typeof changesIn>>,
    feedback: string,
  ): Promise<PromptResponse> {
    const { runtime, sessionId, view, run: stay } = this.#means;
    try {
      const { run } = await runtime.sessions.send(sessionId, {
        ...{ type: 'plan_decision', decision: 'modify', feedback },
        ...changes,
      });
      await markChanges(runtime, sessionId, undefined);
      return await stay.goOn(turn, run!.id);
    } catch (error) {
      if (!(error instanceof Problem) || (error.status !== 404 && error.status !== 409)) throw error;
      await markChanges(runtime, sessionId, undefined);
      await view.say('The plan is not in review any more. Send your message again to begin a new task.');
      return END;
    }
  }

  async #continue(turn: Turn): Promise<PromptResponse> {
    const { runtime, sessionId, view, run: stay } = this.#means;
    const session = await runtime.sessions.get(sessionId);
    if (changesIn(session)) await markChanges(runtime, sessionId, undefined);
    if (session.active_run) return stay.goOn(turn, session.active_run.id);
    await view.say('Nothing is open.');
    return END;
  }

  async #failedPlan(turn: Turn, wish: 'retry' | 'cancel-plan'): Promise<PromptResponse> {
    const { runtime, sessionId, view, run: stay } = this.#means;
    const { data } = await runtime.sessions.plans(sessionId, { limit: 1 }).page();
    const plan = data.find(({ status }) => status === 'failed');
    if (!plan) await view.say('There is no failed plan.');
    else if (wish === 'retry') {
      const { run } = await runtime.plans.retry(plan.id);
      return stay.begun(turn, run!.id);
    } else {
      await runtime.plans.cancel(plan.id);
      await view.say(`The plan “${plan.title}” is cancelled.`);
    }
    return END;
  }

  async #synopsis(): Promise<PromptResponse> {
    const { runtime, sessionId, view } = this.#means;
    const { title, items } = await runtime.synopses.form(sessionId);
    await view.say([`## ${title ?? 'Synopsis'}`, ...(items ?? []).map(synopsisLine)].join('\n\n'));
    return END;
  }
}

function synopsisLine(item: SynopsisItem): string {
  if (item.kind === 'list') return item.entries.map((entry) => `- ${entry}`).join('\n');
  if (item.kind === 'heading') return `### ${item.text}`;
  if (item.kind === 'code') return fenced(item.text);
  return item.kind === 'text' ? item.text : `**${item.kind.replace('_', ' ')}**: ${item.text}`;
}
