import { FrameParser, type Frame } from './frames.ts';
import { type Options, isPassing, pauseAfter } from './http.ts';
import type { SessionEvent } from './types.gen.ts';
import { Line, pause } from './waiting.ts';

/** An event of a newer server. Let it pass. */
export interface UnknownEvent {
  readonly id: string;
  /** Another text than this. A literal type, because any other one would end the narrowing of `RuntimeEvent` by `type`. */
  readonly type: '(unknown)';
  readonly session_id: string;
  readonly run_id: string | null;
  readonly created_at: string;
  readonly data: unknown;
}

/** What happens in a session; `type` tells what `data` holds. */
export type RuntimeEvent = SessionEvent | UnknownEvent;

export type EventType = SessionEvent['type'];

/** What an event of this type carries. */
export type DataOf<Type extends EventType> = Extract<SessionEvent, { type: Type }>['data'];

export interface EventOptions {
  /** The id of the last event that was handled; without one a session is read from now on, a run from its beginning. */
  readonly after?: string;
  /** Ends the iteration; nothing is thrown then. */
  readonly signal?: AbortSignal;
}

/** Where events come from, or hints, which have no cursor. */
export interface Source<Item = RuntimeEvent> {
  /** For `onRetry`. */
  readonly name: string;
  open(cursor: string | undefined, signal: AbortSignal): Promise<Response>;
  /** Whether nothing follows. */
  isLast?(event: Item): boolean;
  /** Asked where the stream has ended in order without such an event. */
  isOver?(): Promise<boolean>;
}

const SILENCE_MS = 45_000;
const RETRY_MS = 1_000;

/**
 * Every event after the cursor, once and in order, over any number of connections. An event counts as handled when the
 * next one is asked for.
 * @throws Problem where the server refuses for good: 401, 403, 404
 */
export async function* follow<Item extends { readonly type: string }>(
  source: Source<Item>,
  { after, signal }: EventOptions,
  client: Options,
): AsyncGenerator<Item, void, undefined> {
  const caller = new Line(client.signal, signal);
  let cursor = after;
  let retryMs = RETRY_MS;
  /** Since something was received. */
  let failures = 0;
  try {
    while (!caller.signal.aborted) {
      const line = new Line(caller.signal);
      let error: unknown;
      try {
        const silence = client.silence ?? SILENCE_MS;
        const response = await line.within(silence, source.open(cursor, line.signal));
        for await (const { id, retry, data } of framesOf(response, silence, line)) {
          failures = 0;
          retryMs = retry ?? retryMs;
          if (data === undefined) {
            cursor ??= id;
            continue;
          }
          const event = JSON.parse(data) as Item;
          if (event.type !== 'stream.reset' && isSeen(id, cursor)) continue;
          yield event;
          cursor = id;
          if (caller.signal.aborted || source.isLast?.(event)) return;
        }
        if (await source.isOver?.()) return;
      } catch (caught) {
        if (caller.signal.aborted) return;
        if (!isPassing(caught)) throw caught;
        error = caught;
      } finally {
        line.abort();
        line.close();
      }
      const ms = pauseAfter(error, retryMs, failures++);
      client.onRetry?.({ request: source.name, error, pause: ms });
      await pause(ms, caller.signal).catch(() => undefined); // the loop looks at the signal
    }
  } finally {
    caller.close();
  }
}

const isSeen = (id: string | undefined, cursor: string | undefined): boolean =>
  id !== undefined && Number(id) <= Number(cursor);

/** @throws when nothing comes for `silence` milliseconds while a frame is waited for */
async function* framesOf(
  response: Response,
  silence: number,
  line: Line,
): AsyncGenerator<Frame, void, undefined> {
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    throw new Error(`No event stream, but ${response.headers.get('content-type') ?? 'nothing'}`);
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parser = new FrameParser();
  for (;;) {
    const { done, value } = await line.within(silence, reader.read());
    if (done) return;
    yield* parser.push(decoder.decode(value, { stream: true }));
  }
}
