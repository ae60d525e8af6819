import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Client } from 'pg';
import { Histogram } from 'prom-client';
import { AnswerPiece, DeltaLog } from '../../application/delta-log.js';
import { DatabaseUnavailable } from '../../application/errors.js';
import { withRetries } from '../../application/retry.js';
import { Shutdown } from '../../application/shutdown.js';
import { Announcer } from '../notices/announcer.js';
import { translateDatabaseError } from '../persistence/database-errors.js';
import { DatabaseLocation } from '../persistence/database-location.js';
import { outsideOpenWaits } from '../persistence/open-waits.js';
import { PostgresClient } from '../persistence/postgres-client.js';
import { prepared } from '../persistence/prepared-statements.js';
import { openUnflushedSession } from '../persistence/session-settings.js';
import { EventLog } from './event-log.js';
import { Piece } from './piece.js';

const RETRY_MS = 200;
/** A message is written at most ten times a second: its text still seems to flow, and needs far fewer rows. */
const GATHER_MS = 100;
/** Messages that are due one shortly after the other are written together. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 50;

/** Neighbouring deltas of one type, joined; or a drafted call. */
type Gathered = AnswerPiece & {
  /** The number of its first piece. */
  readonly since: number;
};

/** By message, in their order. */
type Pieces = ReadonlyMap<string, readonly Gathered[]>;

/** A caller that waits until a message is stored. */
interface Waiter {
  readonly messageId: string;
  /** Pieces with a higher number came later: they are not waited for. */
  readonly upTo: number;
  readonly done: () => void;
}

/**
 * The only writer of deltas in this process, on a connection of its own. The first piece of a text or reasoning is written
 * at once, and so are a drafted call and the last piece, for which a caller waits; what comes between them gathers. All that is
 * due is written in one batch; then the writer pauses as long as that took: under load, batches grow and latency does not.
 *
 * Its commits do not wait for the disk (`synchronous_commit = off`). A crash of PostgreSQL can lose deltas of
 * messages that are not complete yet, but not their event numbers (EventLog).
 */
@Injectable()
export class DeltaWriter extends DeltaLog {
  private readonly logger = new Logger(DeltaWriter.name);
  private readonly pending = new Map<string, Gathered[]>();
  private inFlight: Pieces = new Map();
  /** The number of pieces so far. */
  private count = 0;
  /** By message, the time of its last write; only messages that still gather. */
  private readonly writtenAt = new Map<string, number>();
  private waiting: Waiter[] = [];
  private running: Promise<void> | undefined;
  private wake: () => void = () => undefined;
  private client: Client | undefined;

  constructor(
    private readonly location: DatabaseLocation,
    private readonly log: EventLog,
    private readonly announcer: Announcer,
    private readonly shutdown: Shutdown,
    @InjectMetric('event_flush_size') private readonly flushSize: Histogram,
    @InjectMetric('event_flush_duration_seconds') private readonly flushDuration: Histogram,
  ) {
    super();
    shutdown.register('flush_events', () => this.running);
    shutdown.register('close_database', () => this.client?.end());
  }

  append(piece: AnswerPiece): void {
    this.count++;
    const pieces = this.pending.get(piece.messageId) ?? [];
    this.pending.set(piece.messageId, pieces);
    const last = pieces.at(-1);
    if (last && 'text' in last && 'text' in piece && last.type === piece.type) {
      pieces.splice(-1, 1, { ...last, text: last.text + piece.text });
    } else pieces.push({ ...piece, since: this.count });
    if (isUrgent(piece)) this.wake();
    // The piece is appended inside a model call, but the write is not part of that call.
    this.running ??= outsideOpenWaits(() => this.writeAll());
  }

  flushed(messageId: string): Promise<void> {
    if (!this.pending.has(messageId) && !this.inFlight.has(messageId)) return Promise.resolve();
    this.wake();
    const upTo = this.count;
    return new Promise((done) => this.waiting.push({ messageId, upTo, done }));
  }

  private isWritten(waiter: Waiter): boolean {
    return !isAwaited(waiter, this.pending) && !isAwaited(waiter, this.inFlight);
  }

  private async writeAll(): Promise<void> {
    // Deltas of one turn of the event loop are written together.
    await Promise.resolve();
    while (this.pending.size > 0) {
      const begunAt = performance.now();
      this.inFlight = this.takeDue(begunAt);
      if (this.inFlight.size === 0) {
        await this.pause(this.untilDue(begunAt));
        continue;
      }
      await this.write([...this.inFlight.values()].flat());
      this.inFlight = new Map();
      this.settleWaiting();
      const tookMs = performance.now() - begunAt;
      await this.pause(Math.min(Math.max(tookMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS));
    }
    this.running = undefined;
  }

  /** Takes the pieces that are due out of those that are pending. */
  private takeDue(now: number): Pieces {
    for (const [messageId, writtenAt] of this.writtenAt) {
      if (now - writtenAt >= GATHER_MS) this.writtenAt.delete(messageId);
    }
    const awaited = new Set(
      this.waiting.filter((waiter) => isAwaited(waiter, this.pending)).map(({ messageId }) => messageId),
    );
    const due = new Map<string, readonly Gathered[]>();
    for (const [messageId, pieces] of this.pending) {
      if (this.writtenAt.has(messageId) && !pieces.some(isUrgent) && !awaited.has(messageId)) continue;
      due.set(messageId, pieces);
      this.pending.delete(messageId);
      this.writtenAt.set(messageId, now);
    }
    return due;
  }

  /** Milliseconds until one of the pending messages, which all gather, is due. */
  private untilDue(now: number): number {
    const writtenAt = [...this.pending.keys()].map((messageId) => this.writtenAt.get(messageId)!);
    return Math.min(...writtenAt) + GATHER_MS - now;
  }

  /** Ends at once where a piece is urgent, or a caller waits for a message. */
  private async pause(ms: number): Promise<void> {
    await nextTurn();
    if (this.waiting.length > 0 || this.pending.values().some((pieces) => pieces.some(isUrgent))) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, ms);
    this.wake = resolve;
    await promise;
    clearTimeout(limit);
  }

  private settleWaiting(): void {
    const [written, still] = [
      this.waiting.filter((waiter) => this.isWritten(waiter)),
      this.waiting.filter((waiter) => !this.isWritten(waiter)),
    ];
    this.waiting = still;
    for (const waiter of written) waiter.done();
  }

  /** Writes a batch, and retries until the database is back or the process must end. */
  private async write(batch: readonly AnswerPiece[]): Promise<void> {
    let mayBeWritten = false;
    try {
      await withRetries(
        {
          when: (error) => error instanceof DatabaseUnavailable && !this.shutdown.writeDeadline.aborted,
          pauseMs: () => RETRY_MS,
          onRetry: (error) => this.logger.warn({ err: error }, 'deltas wait for the database'),
        },
        async () => {
          try {
            // The last attempt may have been committed although its answer was lost.
            if (mayBeWritten && (await this.wasWritten(batch))) return;
            mayBeWritten = true;
            await this.writeOnce(batch);
          } catch (error) {
            this.disconnect();
            throw translateDatabaseError(error);
          }
        },
      );
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) return await this.writeSingly(batch, error);
      this.logger.error({ err: error, deltas: batch.length }, 'deltas are given up: the process must end');
      this.shutdown.markIncomplete();
    }
  }

  /** The database refuses a delta of the batch: writes them one by one, so that other messages are stored. */
  private async writeSingly(batch: readonly AnswerPiece[], error: unknown): Promise<void> {
    if (batch.length > 1) {
      for (const delta of batch) await this.write([delta]);
      return;
    }
    // `message.completed` has the whole content, so that readers lose nothing.
    this.logger.error({ err: error, message_id: batch[0]?.messageId }, 'a delta cannot be stored');
  }

  private async writeOnce(batch: readonly AnswerPiece[]): Promise<void> {
    const begunAt = performance.now();
    const connection = await this.connect();
    const events = await this.log.appendPieces(
      { query: async (sql, parameters) => (await connection.query(prepared(sql, parameters))).rows },
      batch.map(toPiece),
    );
    this.flushSize.observe(events.length);
    this.flushDuration.observe((performance.now() - begunAt) / 1000);
    this.announcer.stored(events);
  }

  /** A batch is one statement: if one of its pieces is there, all are that were accepted. */
  private async wasWritten(batch: readonly AnswerPiece[]): Promise<boolean> {
    for (const piece of batch) {
      if (!(await this.log.hasPiece(toPiece(piece)))) continue;
      this.announcer.perhapsStored(batch);
      return true;
    }
    return false;
  }

  private async connect(): Promise<Client> {
    if (this.client) return this.client;
    const client: Client = new PostgresClient({
      connectionString: this.location.url,
      application_name: 'agent-runtime deltas',
    });
    client.on('error', (error) => {
      this.logger.warn({ err: error }, 'the connection for deltas is lost');
      if (this.client === client) this.client = undefined;
    });
    this.client = client;
    await client.connect();
    await openUnflushedSession(client);
    return client;
  }

  /** Not awaited: closing a broken connection may take long. */
  private disconnect(): void {
    this.client
      ?.end()
      .catch((error: unknown) =>
        this.logger.debug({ err: error }, 'a broken connection could not be closed'),
      );
    this.client = undefined;
  }
}

const isAwaited = ({ messageId, upTo }: Waiter, pieces: Pieces): boolean =>
  pieces.get(messageId)?.some(({ since }) => since <= upTo) ?? false;

/** The beginning of a text and a drafted call are written at once, so that readers do not wait. */
const isUrgent = (piece: AnswerPiece): boolean => piece.type === 'tool_call.drafted' || piece.offset === 0;

function toPiece(piece: AnswerPiece): Piece {
  const { sessionId, runId, messageId, token: heldBy } = piece;
  const place = { sessionId, runId, heldBy };
  if (piece.type === 'tool_call.drafted') {
    const data = { call_id: piece.callId, tool_name: piece.toolName, message_id: messageId };
    return { ...place, type: piece.type, data };
  }
  return {
    ...place,
    type: piece.type,
    data: { message_id: messageId, offset: piece.offset, text: piece.text },
  };
}
