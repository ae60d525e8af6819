import type { DataOf, RuntimeEvent } from './events.ts';
import { FileOrder } from './file-order.ts';
import { type RequestOptions, isProblem } from './http.ts';
import type { ApprovalContext, CallApproval, Journal, Lent } from './lent.ts';
import type { Problem } from './problem.ts';
import type { Resources } from './resources.ts';
import { type ToolAnswer, answerOf } from './tool-answer.ts';
import type { Tool, ToolCall, Tools } from './tools.ts';
import type { Approval, Json } from './types.gen.ts';
import { Line } from './waiting.ts';

/** What a session waits for, as it was read. */
export interface Open {
  /** The newest event at that moment. */
  readonly upTo: number;
  /** Ids of calls and approvals. */
  readonly ids: ReadonlySet<string>;
}

export const NOTHING_OPEN: Open = { upTo: 0, ids: new Set() };

const UNTIL_TAKEN: RequestOptions = { retryFor: Infinity };
/** An event that comes so late was waiting for a connection; what it asks for may be over. */
const LATE_MS = 10_000;
/** A third of the time for which the server grants a claim. */
const RENEW_MS = 20_000;
const BEGUN_BEFORE =
  'The IDE began this call before it was restarted; whether it was carried out is not known';

export interface Around {
  readonly journal: Journal;
  /** The name by which this process claims calls. */
  readonly clientId: string;
  /** Ids of the calls that any hands of this process execute. */
  readonly atWork: Set<string>;
  /** Ends all handlers. */
  readonly signal: AbortSignal;
  /** Told what a handler of a question has thrown, and what the server refuses for good. */
  readonly onFailure: (error: unknown) => void;
}

/** Executes what a session requests, asks what it wants decided, and posts the answers until they are taken. */
export class Hands {
  readonly #resources: Resources;
  readonly #lent: Lent;
  readonly #around: Around;
  /** What was begun, by the id of the call or approval. */
  readonly #begun = new Map<string, { line: Line; work: Promise<void> }>();
  /** The calls that are not settled. */
  readonly #calls = new Map<string, ToolCallRequested>();
  readonly #order = new FileOrder();
  #open: Open = NOTHING_OPEN;

  constructor(resources: Resources, lent: Lent, around: Around) {
    this.#resources = resources;
    this.#lent = lent;
    this.#around = around;
  }

  /** Events up to `open.upTo` are old: what they ask for is done only where it is among `open.ids`. */
  expect(open: Open): void {
    this.#open = open;
  }

  take(event: RuntimeEvent): void {
    if (event.type === 'tool_call.settled') {
      this.#begun.get(event.data.call_id)?.line.abort();
      this.#calls.delete(event.data.call_id);
      this.#order.note(event);
    }
    if (event.type === 'approval.resolved') this.#begun.get(event.data.approval_id)?.line.abort();
    if (event.type === 'tool_call.requested') this.#calls.set(event.data.call_id, event);
    const isReleased = event.type === 'tool_call.released' && !event.data.needs_approval;
    const asking = isReleased ? this.#calls.get(event.data.call_id) : event;
    const id = asking && askedBy(asking);
    const isOld = Number(event.id) <= this.#open.upTo;
    if (!id || (isOld && !this.#open.ids.has(id))) return;
    this.#order.note(asking);
    const begun = this.#begun.get(id);
    const begin = () => this.#begin(id, asking, isOld);
    if (!begun) begin();
    // Its claim may be refused just now, by an answer that is older than the release.
    else if (isReleased) void begun.work.then(begin);
  }

  #begin(id: string, event: RuntimeEvent, isOld: boolean): void {
    const line = new Line(this.#around.signal);
    const work = this.#answer(event, line.signal, isOld)
      .catch((error: unknown) => {
        // Else the question is over, or everything is.
        if (!line.signal.aborted) this.#around.onFailure(error);
      })
      .finally(() => line.close());
    this.#begun.set(id, { line, work });
  }

  async #answer(event: RuntimeEvent, signal: AbortSignal, isOld: boolean): Promise<void> {
    if (event.type === 'tool_call.requested') await this.#execute(event, signal, isOld);
    if (event.type === 'plan.approval_required') await this.#decideOnPlan(event.data, signal);
    if (event.type === 'approval.requested' && isOfCall(event.data.approval)) {
      await this.#decideOnCall(event.data.approval, signal);
    }
  }

  #toolFor({ tool_name: name, source }: ToolCall): Tool<Json> | undefined {
    const { tools, declared, onUnknownTool } = this.#lent;
    const [own = {}, other] = source === 'client' ? [declared] : [tools, onUnknownTool];
    return (Object.hasOwn(own, name) ? own[name as keyof Tools] : other) as Tool<Json> | undefined;
  }

  async #execute(event: ToolCallRequested, outer: AbortSignal, isOld: boolean): Promise<void> {
    const { atWork, journal, clientId } = this.#around;
    const { call_id: callId } = event.data;
    const tool = this.#toolFor(event.data);
    if (!tool || atWork.has(callId)) return;
    atWork.add(callId);
    const line = new Line(outer);
    const { signal } = line;
    const claim = (options: RequestOptions) =>
      this.#resources.toolCalls.claim(callId, { client_id: clientId }, { ...options, signal });
    const renew = () =>
      claim({ retryFor: 0 }).catch((error: unknown) => {
        if (isProblem(error, 409) && error.code === 'tool_call.claimed') line.abort();
      });
    let renewing: ReturnType<typeof setInterval> | undefined;
    try {
      const claimed = await claim(UNTIL_TAKEN).catch(unlessUnknown);
      if (claimed) renewing = setInterval(renew, RENEW_MS);
      const begun = callId + (claimed && claimed.attempt > 1 ? `:${claimed.attempt}` : '');
      const post = (answer: ToolAnswer) =>
        this.#deliver(event, answer, signal, claimed && { client_id: clientId });
      if (await journal.has(begun)) {
        if (isOld || claimed) await post({ error: BEGUN_BEFORE });
        return;
      }
      if (!claimed && !isOld && isLate(event) && !(await this.#isStillOpen(event, signal))) return;
      const call = await this.#order.turnOf(event.data, signal);
      await journal.add(begun);
      const answer = await answerOf(tool, { call, signal });
      this.#order.bring(callId, answer.file);
      if (!signal.aborted) await post(answer);
    } catch (error) {
      if (!signal.aborted) unlessOver(error);
    } finally {
      clearInterval(renewing);
      line.close();
      atWork.delete(callId);
    }
  }

  async #isStillOpen({ session_id, data }: ToolCallRequested, signal: AbortSignal): Promise<boolean> {
    const { active_run } = await this.#resources.sessions.get(session_id, { ...UNTIL_TAKEN, signal });
    return active_run?.waiting_for.some(({ id }) => id === data.call_id) ?? false;
  }

  async #deliver(
    { session_id, data }: ToolCallRequested,
    answer: ToolAnswer,
    signal: AbortSignal,
    claimant?: { client_id: string },
  ): Promise<void> {
    const post = (sent: ToolAnswer) =>
      this.#resources.sessions.send(
        session_id,
        { type: 'tool_result', call_id: data.call_id, ...claimant, ...sent },
        { ...UNTIL_TAKEN, signal },
      );
    await post(answer).catch((error: unknown) => {
      if (!isProblem(error, 400, 413)) throw error;
      // Without any answer the run would wait until the deadline of the call.
      return post({ error: `The answer of the tool was refused: ${reasonOf(error)}` });
    });
  }

  async #decideOnCall(approval: CallApproval, signal: AbortSignal): Promise<void> {
    let refused = '';
    for (let context: ApprovalContext = { signal }; ;) {
      const decision = await this.#lent.onApproval?.(approval, context);
      if (!decision || signal.aborted) return;
      try {
        await this.#resources.approvals.decide(approval.id, decision, { ...UNTIL_TAKEN, signal });
        return;
      } catch (error) {
        // Arguments that a human has edited are checked like those of a model.
        const isAskedAgain =
          isProblem(error, 400) && decision.decision === 'edit' && JSON.stringify(decision) !== refused;
        if (!isAskedAgain) return unlessOver(error);
        refused = JSON.stringify(decision);
        context = { signal, refusal: reasonOf(error) };
      }
    }
  }

  async #decideOnPlan(
    { approval_id: approvalId, plan }: DataOf<'plan.approval_required'>,
    signal: AbortSignal,
  ): Promise<void> {
    const decision = await this.#lent.onPlan?.(plan, { approvalId, signal });
    if (!decision || signal.aborted) return;
    await this.#resources.approvals
      .decide(approvalId, decision, { ...UNTIL_TAKEN, signal })
      .catch(unlessOver);
  }
}

/** The call or approval that an event asks an answer for. */
export function askedBy(event: RuntimeEvent): string | undefined {
  if (event.type === 'tool_call.requested') return event.data.call_id;
  if (event.type === 'approval.requested') return event.data.approval.id;
  return event.type === 'plan.approval_required' ? event.data.approval_id : undefined;
}

type ToolCallRequested = Extract<RuntimeEvent, { type: 'tool_call.requested' }>;

const isOfCall = (approval: Approval): approval is CallApproval => approval.kind === 'tool_call';

const isLate = ({ created_at: at }: RuntimeEvent): boolean => Date.now() - Date.parse(at) > LATE_MS;

/** The call or question has another outcome by now, or went with its session. */
const unlessOver = (error: unknown): void => {
  if (!isProblem(error, 404, 409)) throw error;
};

/** A server of before knows no claims. */
const unlessUnknown = (error: unknown): undefined => {
  if (!isProblem(error, 404) || error.code !== 'route.not_found') throw error;
};

const reasonOf = ({ detail, errors }: Problem): string =>
  errors.map(({ field, message }) => `${field} ${message}`).join('; ') || detail;
