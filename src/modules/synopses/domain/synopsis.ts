import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { SynopsisContent } from './synopsis-content.js';
import { SynopsisVersionChanged } from './synopsis.errors.js';
import { SynopsisEvents } from './synopsis.events.js';

export const SYNOPSIS_KINDS = ['generated', 'edited'] as const;

/** Up to where in a session something reaches. */
export interface Coverage {
  /** Of the newest message; 0 = none. */
  readonly coversUpTo: number;
  readonly coversUpToMessageId: string | null;
}

/** What a synopsis said at some time. Never changed once it is there. */
export interface SynopsisVersion extends SynopsisContent, Coverage {
  readonly id: string;
  readonly sessionId: string;
  /** 1, and one more with each. */
  readonly version: number;
  /** By an agent, or by a human. */
  readonly kind: (typeof SYNOPSIS_KINDS)[number];
  /** The job that has generated it. */
  readonly jobId: string | null;
  /** The user who has edited it. */
  readonly author: string | null;
  readonly createdAt: Date;
}

export interface SynopsisState {
  /** The session's. */
  readonly id: string;
  /** The number of the version that counts. */
  readonly liveVersion: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** 0 = not stored yet. */
  readonly version: number;
}

/** The synopsis of a session: versions, the newest of which is live. */
export class Synopsis extends AggregateRoot {
  #written: SynopsisVersion[] = [];

  private constructor(
    private state: SynopsisState,
    private liveVersion: SynopsisVersion | null,
  ) {
    super();
  }

  /** Nothing is written yet. */
  static begin(sessionId: string, now: Date): Synopsis {
    return new Synopsis({ id: sessionId, liveVersion: 0, createdAt: now, updatedAt: now, version: 0 }, null);
  }

  static restore(state: SynopsisState, live: SynopsisVersion): Synopsis {
    return new Synopsis(state, live);
  }

  snapshot(): SynopsisState {
    return this.state;
  }

  /** Null where nothing is written yet. */
  get live(): SynopsisVersion | null {
    return this.liveVersion;
  }

  /**
   * An agent has summed up what was said.
   * @param basedOn the version it went by; 0 = none
   * @throws SynopsisVersionChanged when another one is live by now
   */
  generate(
    given: { id: string; content: SynopsisContent; coverage: Coverage; jobId: string; basedOn: number },
    now: Date,
  ): void {
    this.requireLive(given.basedOn);
    const { id, content, coverage, jobId } = given;
    this.write({ id, ...content, ...coverage, kind: 'generated', jobId, author: null }, now);
  }

  /**
   * A human has put it in other words; it covers what it covered before.
   * @param basedOn the version the human had before them, 0 = none; unset = whichever is live
   * @throws SynopsisVersionChanged when another one is live by now
   */
  edit(
    given: { id: string; content: SynopsisContent; author: string; basedOn: number | undefined },
    now: Date,
  ): void {
    if (given.basedOn !== undefined) this.requireLive(given.basedOn);
    const { id, content, author } = given;
    const { coversUpTo, coversUpToMessageId } = this.liveVersion ?? NOTHING_COVERED;
    const coverage = { coversUpTo, coversUpToMessageId };
    this.write({ id, ...content, ...coverage, kind: 'edited', jobId: null, author }, now);
  }

  /** The versions since the last call, oldest first. */
  pullVersions(): SynopsisVersion[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  private requireLive(version: number): void {
    const { id, liveVersion } = this.state;
    if (version !== liveVersion) throw new SynopsisVersionChanged(id, liveVersion);
  }

  private write(given: Omit<SynopsisVersion, 'sessionId' | 'version' | 'createdAt'>, now: Date): void {
    const { id: sessionId } = this.state;
    const version = this.state.liveVersion + 1;
    this.liveVersion = { ...given, sessionId, version, createdAt: now };
    this.#written.push(this.liveVersion);
    this.state = { ...this.state, liveVersion: version, updatedAt: now };
    // Not a run's: an edit has none, and a run's last event is run.finished.
    this.record<keyof SynopsisEvents>({
      type: 'synopsis.updated',
      sessionId,
      runId: null,
      data: { version },
    });
  }
}

const NOTHING_COVERED: Coverage = { coversUpTo: 0, coversUpToMessageId: null };
