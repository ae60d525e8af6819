import { Signal } from './signal.ts';

/** What the tabs of one browser tell each other about a stream. */
type Told<Item> =
  | { kind: 'item'; item: Item }
  | { kind: 'live'; isLive: boolean }
  /** A tab leads from now on: others say how far they are. */
  | { kind: 'led' }
  | { kind: 'joined'; tab: string; cursor: string }
  | { kind: 'missed'; tab: string; items: readonly Item[] | null };

/** One stream of the server that any number of tabs follow over one connection. */
export interface SharedLine<Item> {
  /** The same in all tabs, and of one user. */
  readonly name: string;
  /** Where this tab is. */
  cursor(): string;
  /** Reads from the server, in the tab that leads. */
  read(signal: AbortSignal): AsyncIterable<Item>;
  /** Whether the connection of the tab that leads stands. */
  readonly isLive: Signal<boolean>;
  /** Gets every item, in every tab. */
  take(item: Item): void;
  /** In the tab that leads: what came after a cursor, null where that is not known any more. */
  since(cursor: string): readonly Item[] | null;
  /** In the others: what was missed can only be read from the server. */
  reload(): Promise<void>;
}

/** Without them (a page that came by plain HTTP under a name) each tab reads by itself. */
const hasLocks = 'locks' in navigator;

/**
 * Follows a line until the signal is aborted: the tab that holds the lock of its name reads, and tells the others. A browser
 * opens six connections to a server at most, over all tabs (HTTP/1.1), and a stream takes one for itself.
 * @throws what the server refuses for good
 */
export async function follow<Item>(line: SharedLine<Item>, signal: AbortSignal): Promise<void> {
  if (!hasLocks) {
    for await (const item of line.read(signal)) line.take(item);
    return;
  }
  const tab = String(crypto.getRandomValues(new Uint32Array(2)));
  const channel = new BroadcastChannel(line.name);
  const tell = (told: Told<Item>) => channel.postMessage(told);
  let leads = false;
  /** Items are taken in order: those that come before the answer to `joined` are in it. */
  let isCaughtUp = false;
  const join = () => {
    isCaughtUp = false;
    tell({ kind: 'joined', tab, cursor: line.cursor() });
  };

  channel.addEventListener('message', ({ data }: MessageEvent<Told<Item>>) => {
    if (data.kind === 'joined' && leads) {
      tell({ kind: 'missed', tab: data.tab, items: line.since(data.cursor) });
      tell({ kind: 'live', isLive: line.isLive.get() });
    }
    if (leads) return;
    if (data.kind === 'item' && isCaughtUp) line.take(data.item);
    if (data.kind === 'live') line.isLive.set(data.isLive);
    if (data.kind === 'led') join();
    if (data.kind === 'missed' && data.tab === tab) {
      isCaughtUp = data.items !== null;
      if (data.items) data.items.forEach((item) => line.take(item));
      else void line.reload().then(() => signal.aborted || join());
    }
  });
  const stopTelling = line.isLive.subscribe(() => {
    if (leads) tell({ kind: 'live', isLive: line.isLive.get() });
  });
  join();

  try {
    await navigator.locks.request(line.name, { signal }, async () => {
      leads = true;
      line.isLive.set(false);
      tell({ kind: 'led' });
      for await (const item of line.read(signal)) {
        line.take(item);
        tell({ kind: 'item', item });
      }
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stopTelling();
    channel.close();
  }
}
