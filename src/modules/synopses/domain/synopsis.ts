import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { SynopsisContent } from './synopsis-content.js';
import { SynopsisVersionChanged } from './synopsis.errors.js';
import { SynopsisEvents } from './synopsis.events.js';

export const SYNOPSIS_KINDS = ['generated', 'edited'] as const;

/** The part of a session that a text covers. */
export interface Coverage {
  /** The position of the newest covered message; 0 = none. */
  readonly coversUpTo: number;
  readonly coversUpToMessageId: string | null;
}

/** One version of a synopsis. Never changed. */
export interface SynopsisVersion extends SynopsisContent, Coverage {
  readonly id: string;
  readonly sessionId: string;
  /** Starts at 1 and grows by 1 with each version. */
  readonly version: number;
  /** Whether an agent or a user wrote it. */
  readonly kind: (typeof SYNOPSIS_KINDS)[number];
  /** The job that generated it. */
  readonly jobId: string | null;
  /** The user who edited it. */
  readonly author: string | null;
  readonly createdAt: Date;
}

export interface SynopsisState {
  /** The id of the session. */
  readonly id: string;
  /** The number of the live version. */
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

  /** Creates a synopsis without versions. */
  static begin(sessionId: string, now: Date): Synopsis {
    return new Synopsis({ id: sessionId, liveVersion: 0, createdAt: now, updatedAt: now, version: 0 }, null);
  }

  static restore(state: SynopsisState, live: SynopsisVersion): Synopsis {
    return new Synopsis(state, live);
  }

  snapshot(): SynopsisState {
    return this.state;
  }

  /** Null if there is no version yet. */
  get live(): SynopsisVersion | null {
    return this.liveVersion;
  }

  /**
   * Adds an agent's version.
   * @param basedOn the version that it replaces; 0 = none
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
   * Adds a user's version; its coverage stays that of the version before.
   * @param basedOn the version that the user edited, 0 = none; unset = the live one
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
    // Without a run id: an edit has no run, and a run's last event is run.finished.
    this.record<keyof SynopsisEvents>({
      type: 'synopsis.updated',
      sessionId,
      runId: null,
      data: { version },
    });
  }
}

const NOTHING_COVERED: Coverage = { coversUpTo: 0, coversUpToMessageId: null };
