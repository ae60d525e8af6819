import type { RuntimeEvent, Session } from '@agent-runtime/client';

type ActiveRun = NonNullable<Session['active_run']>;

export interface FinishedRun {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
  readonly tokens: number;
}

/** The run at work in a session, and the one that finished last. */
export class SessionRuns {
  #active: ActiveRun | null = null;
  #last: FinishedRun | null = null;

  begin(active: ActiveRun | null): void {
    this.#active = active;
  }

  note(event: RuntimeEvent): void {
    switch (event.type) {
      case 'run.started':
        if (event.run_id && event.data.trigger !== 'job') {
          this.#active = {
            id: event.run_id,
            status: 'running',
            phase: 'classify',
            agent: event.data.agent,
            waiting_for: [],
            first_event_id: event.id,
            created_at: event.created_at,
          };
        }
        break;
      case 'run.phase_changed':
        this.#change(event.run_id, { phase: event.data.to });
        break;
      case 'agent.switched':
        this.#change(event.run_id, { agent: event.data.to });
        break;
      case 'run.waiting':
        this.#change(event.run_id, { status: 'waiting', waiting_for: event.data.for });
        break;
      case 'run.resumed':
        this.#change(event.run_id, { status: 'running', waiting_for: [] });
        break;
      case 'run.finished':
        if (event.run_id && event.run_id === this.#active?.id) {
          const { status, error, usage } = event.data;
          this.#active = null;
          this.#last = {
            id: event.run_id,
            status,
            error: error?.message ?? null,
            tokens: usage.total_tokens,
          };
        }
        break;
      default:
    }
  }

  shown() {
    return { activeRun: this.#active, lastRun: this.#last };
  }

  #change(id: string | null, change: Partial<ActiveRun>): void {
    if (this.#active && this.#active.id === id) this.#active = { ...this.#active, ...change };
  }
}
