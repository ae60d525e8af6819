import {
  type ApprovalContext,
  type CallApproval,
  type CallDecision,
  type DataOf,
  type DecisionOnPlan,
  FileAnswer,
  type Json,
  type Lent,
  type Plan,
  type PlanContext,
  type RuntimeEvent,
  type Tool,
  type ToolContext,
  type Tools,
} from '#client';
import type { Human } from './human.ts';
import type { Screen, ToolOutcome } from './screen.ts';
import { visibleIn } from './visible-in.ts';

export interface Shown {
  readonly tools: Tools;
  readonly human: Human;
  readonly screen: Screen;
  /** Told what each call has come to. */
  readonly onOutcome?: (callId: string, outcome: ToolOutcome) => void;
}

/** What an IDE lends to a session, tools and a human who decides, with a screen that shows what they are asked and answer. */
export class LentOnScreen implements Required<Omit<Lent, 'declared' | 'journal'>> {
  readonly tools: Tools;
  readonly #shown: Shown;
  readonly #subtasks = new Map<string, Plan['subtasks'][number]>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(shown: Shown) {
    this.#shown = shown;
    const onScreen = Object.entries(shown.tools as Record<string, Tool<object>>).map(([name, tool]) => [
      name,
      (args: object, context: ToolContext) => this.#inTurn(() => this.#execute(tool, args, context)),
    ]);
    this.tools = Object.fromEntries(onScreen) as Tools;
  }

  readonly onUnknownTool = (_: Readonly<Record<string, Json>>, { call }: ToolContext): never => {
    throw new Error(`There is no tool ${call.tool_name} here`);
  };

  readonly onApproval = (approval: CallApproval, context: ApprovalContext): Promise<CallDecision> =>
    this.#inTurn(() => {
      if (context.refusal === undefined) this.#shown.screen.approval(visibleIn(approval));
      return this.#shown.human.decideOnCall(approval, context);
    });

  readonly onPlan = (plan: Plan, context: PlanContext): Promise<DecisionOnPlan> =>
    this.#inTurn(() => this.#shown.human.decideOnPlan(plan, context));

  /** @param words what the event adds to what agents have said */
  show(told: RuntimeEvent, words: string): void {
    const { screen } = this.#shown;
    const event = visibleIn(told);
    screen.text(visibleIn(words));
    if (event.type === 'run.phase_changed') screen.phase(event.data);
    if (event.type === 'agent.switched') screen.handOver(event.data);
    if (event.type === 'message.started') screen.speaks(event.data.agent);
    if (event.type === 'message.reasoning_delta') screen.thought(event.data.text);
    if (event.type === 'message.discarded') screen.note(`forget that: ${event.data.reason}`);
    if (event.type === 'plan.approval_required') this.#showPlan(event.data.plan);
    if (event.type === 'subtask.status_changed') this.#showSubtask(event.data);
    if (event.type === 'context.compacted') screen.compacted(event.data);
    if (event.type === 'todos.updated') screen.todos(event.data.items);
  }

  #showPlan(plan: Plan): void {
    for (const subtask of plan.subtasks) this.#subtasks.set(subtask.id, subtask);
    this.#shown.screen.plan(plan);
  }

  #showSubtask(change: DataOf<'subtask.status_changed'>): void {
    const subtask = this.#subtasks.get(change.subtask_id);
    if (subtask) this.#shown.screen.subtask(subtask, change);
  }

  async #execute(tool: Tool<object>, args: object, context: ToolContext): Promise<unknown> {
    const { call } = context;
    const { screen, onOutcome } = this.#shown;
    screen.toolCall(call.tool_name, visibleIn(call.arguments));
    const startedAt = performance.now();
    const end = (outcome: ToolOutcome) => {
      screen.toolOutcome(visibleIn(outcome), performance.now() - startedAt);
      onOutcome?.(call.call_id, outcome);
    };
    try {
      const answer = await tool(args, context);
      end({ result: answer instanceof FileAnswer ? answer.result : answer });
      return answer;
    } catch (error) {
      end({ error: (error as Error).message });
      throw error;
    }
  }

  /** There is one screen: what is asked for at once is done one after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined); // the library is told
    return done;
  }
}
