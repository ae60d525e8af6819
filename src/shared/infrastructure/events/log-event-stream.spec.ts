import { EventEmitter2 } from '@nestjs/event-emitter';
import { describe, expect, it } from 'vitest';
import { StoredEvent, StreamItem } from '../../application/event-stream.js';
import { EventHub } from './event-hub.js';
import { EventLog, LogPage } from './event-log.js';
import { LogEventStream } from './log-event-stream.js';

const event = (seq: number): StoredEvent => ({
  sessionId: 's',
  seq,
  runId: null,
  type: 'synopsis.updated',
  data: { version: seq },
  createdAt: new Date(0),
});

/** A log whose reading can be held up, to put things in between. */
class HeldLog {
  readonly stored: StoredEvent[] = [];
  reads = 0;
  held: Promise<void> = Promise.resolve();

  async readPage(_sessionId: string, after: number): Promise<LogPage> {
    this.reads++;
    const page = this.stored.filter(({ seq }) => seq > after);
    await this.held;
    return { events: page, isLast: true };
  }

  async horizon(): Promise<number> {
    return this.stored.at(-1)?.seq ?? 0;
  }
}

const settled = () => new Promise((done) => setImmediate(done));

function watching(after = 0) {
  const log = new HeldLog();
  const hub = new EventHub(new EventEmitter2());
  const stream = new LogEventStream(log as unknown as EventLog, hub);
  const seen: number[] = [];
  const watch = () =>
    stream.watch('s', after).subscribe((item: StreamItem) => seen.push((item as StoredEvent).seq));
  return { log, hub, seen, watch };
}

describe('a reader of a session', () => {
  it('takes what was stored in this turn of the event loop from memory', async () => {
    const { log, hub, seen, watch } = watching(1);
    hub.publish([event(2), event(3)]);
    watch();
    hub.publish([event(4)]);
    expect(seen).toEqual([2, 3, 4]);
    expect(log.reads).toBe(0);
  });

  it.each<[string, (hub: EventHub) => Promise<unknown>]>([
    ['it comes later', () => settled()],
    ['another process has stored something', async (hub: EventHub) => hub.wake(['s'])],
    ['something stands between', async (hub: EventHub) => hub.publish([event(4)])],
  ])('reads the log where %s', async (_, meanwhile) => {
    const { log, hub, seen, watch } = watching(1);
    log.stored.push(event(2), event(3), event(4));
    hub.publish([event(2), event(3)]);
    await meanwhile(hub);
    watch();
    await settled();
    expect(seen).toEqual([2, 3, 4]);
    expect(log.reads).toBe(1);
  });

  it('takes what follows from memory, without a look into the log', async () => {
    const { log, hub, seen, watch } = watching();
    watch();
    await settled();
    const reads = log.reads;
    hub.publish([event(1), event(2)]);
    hub.publish([event(3)]);
    hub.publish([event(2), event(3)]);
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    expect(log.reads).toBe(reads);
  });

  it('looks into the log where a number is missing, and takes no number twice', async () => {
    const { log, hub, seen, watch } = watching();
    watch();
    await settled();
    log.stored.push(event(1), event(2), event(3));
    hub.publish([event(3)]);
    await settled();
    hub.publish([event(1), event(2)]);
    hub.wake(['s']);
    await settled();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('looks again for what was stored while it read', async () => {
    const { log, hub, seen, watch } = watching();
    let release = () => {};
    log.held = new Promise((done) => (release = done));
    watch();
    await settled(); // it is looking, and has found nothing
    log.stored.push(event(1), event(2));
    hub.publish([event(1), event(2)]);
    release();
    await settled();
    expect(seen).toEqual([1, 2]);
  });

  it('passes over numbers that were pruned', async () => {
    const { log, hub, seen, watch } = watching(2);
    log.stored.push(event(1), event(9));
    watch();
    await settled();
    hub.publish([event(10)]);
    expect(seen).toEqual([9, 10]);
  });

  it('hears nothing more once it has left', async () => {
    const { hub, seen, watch } = watching();
    const reading = watch();
    await settled();
    hub.publish([event(1)]);
    reading.unsubscribe();
    hub.publish([event(2)]);
    await settled();
    expect(seen).toEqual([1]);
  });
});
