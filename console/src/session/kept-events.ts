import type { RuntimeEvent } from '@agent-runtime/client';

/** Events that the leading tab keeps for those that join, beside those of runs that are at work. */
const KEPT = 500;

/** The newest events of a session, for tabs that join: those that follow on what such a tab has read. */
export class KeptEvents {
  #events: RuntimeEvent[] = [];
  /** The event before the first that is kept. */
  #from = '0';
  #atWork = new Set<string>();

  /** @param runId the run that is at work; undefined = none */
  begin(cursor: string, runId: string | undefined): void {
    this.#from = cursor;
    this.#events = [];
    this.#atWork = new Set(runId === undefined ? [] : [runId]);
  }

  add(event: RuntimeEvent): void {
    this.#events.push(event);
    if (this.#atWork.size > 0 || this.#events.length < 2 * KEPT) return;
    const gone = this.#events.splice(0, this.#events.length - KEPT);
    this.#from = gone.at(-1)!.id;
  }

  /** Notes which runs are at work. */
  note({ type, run_id: runId }: RuntimeEvent): void {
    if (runId && type === 'run.started') this.#atWork.add(runId);
    if (runId && type === 'run.finished') this.#atWork.delete(runId);
  }

  /** @returns null where some of it is not kept any more */
  since(cursor: string): readonly RuntimeEvent[] | null {
    if (Number(cursor) < Number(this.#from)) return null;
    return this.#events.filter(({ id }) => Number(id) > Number(cursor));
  }
}
