import { type Distribution, distributionOf } from '../distribution.ts';
import { type Wish, promptOf } from '../model/answer.ts';
import { readFrames } from './frames.ts';
import { post, send } from './http.ts';
import { takeToolTurn } from './tool-turn.ts';
import { type Target, type Turn, takeTurn } from './turn.ts';

/** Of what changes nothing by how much of it is done at once. */
const AT_ONCE = 32;

export interface TurnsOrder {
  readonly target: Target;
  readonly wish: Wish;
  readonly atOnce: number;
  readonly rounds: number;
  /** A round begins when the one before is over (default), or each reader goes on by itself. */
  readonly alone?: boolean;
  /** Who answers in new sessions; `auto` = the server finds out. */
  readonly agent?: string;
  /** Instead of a new session for each turn. */
  readonly sessionId?: string;
}

export interface TurnsResult {
  readonly firstMs: readonly number[];
  readonly endMs: readonly number[];
  /** From the first request of a round to the last end. */
  readonly roundMs: readonly number[];
  /** Of one answer. */
  readonly characters: number;
  /** That brought text, per answer. */
  readonly events: Distribution;
  readonly lateMs: Distribution | null;
}

/** What the client does when it is told to. */
export const ORDERS = {
  async turns(order: TurnsOrder): Promise<TurnsResult> {
    const { target, wish, atOnce, rounds, agent = 'ask', sessionId } = order;
    const inServer = 'sessions' in target && sessionId === undefined;
    const count = atOnce * rounds;
    const sessions = inServer ? await openSessions(target.sessions, count, agent) : [];
    const take = (index: number) => takeTurn(target, sessions[index] ?? sessionId ?? '', wish);
    const turns: Turn[][] = order.alone
      ? [
          (
            await Promise.all(range(atOnce).map((reader) => inTurn(rounds, (n) => take(n * atOnce + reader))))
          ).flat(),
        ]
      : await inTurn(rounds, (round) =>
          Promise.all(range(atOnce).map((reader) => take(round * atOnce + reader))),
        );
    return summarise(turns);
  },

  /** @returns from `tool_call.requested` to the beginning of the next model call, in ms */
  async toolTurns(order: {
    target: { sessions: string };
    wish: Wish;
    atOnce: number;
    rounds: number;
  }): Promise<number[]> {
    const { target, wish, atOnce, rounds } = order;
    const sessions = await openSessions(target.sessions, atOnce * rounds, 'ask');
    const turns = await inTurn(rounds, (round) =>
      Promise.all(
        range(atOnce).map((reader) =>
          takeToolTurn(target.sessions, sessions[round * atOnce + reader]!, wish),
        ),
      ),
    );
    return turns.flat(2);
  },

  async openSessions(order: { sessions: string; count: number }): Promise<string[]> {
    return openSessions(order.sessions, order.count, 'ask');
  },

  /** Reads a session from its beginning; @returns how long that took, in ms */
  async replay({ sessions, sessionId, last }: { sessions: string; sessionId: string; last: number }) {
    const begunAt = performance.now();
    const response = await send('GET', `${sessions}/${sessionId}/events?after=0`);
    let seen = 0;
    await new Promise<void>((done, fail) => {
      readFrames(response, (_, data) => {
        const { id } = JSON.parse(data) as { id: string };
        if (Number(id) !== ++seen) throw new Error(`event ${id} came in the place of ${seen}`);
        if (seen === last) done();
      }).catch(fail);
    });
    const elapsedMs = performance.now() - begunAt;
    response.destroy();
    return elapsedMs;
  },

  /** Lets a reader stand at the end of each session, until the client ends. */
  async stand(order: { sessions: string; ids: readonly string[] }): Promise<void> {
    await eachOf(order.ids, async (id) => {
      const response = await send('GET', `${order.sessions}/${id}/events`);
      response.on('error', () => undefined); // it stands as long as the server does
      await new Promise((heard) => response.once('data', heard));
    });
  },

  /** One job in each session: it has one of a kind at a time. */
  async enqueueJobs(order: { url: string; ids: readonly string[]; wish: Wish }): Promise<void> {
    await eachOf(order.ids, async (id) => {
      await post(`${order.url}/v1/jobs/agents/ask/1.0.0`, { session_id: id, query: promptOf(order.wish) });
    });
  },
};

export type Orders = typeof ORDERS;

async function openSessions(url: string, count: number, agent: string): Promise<string[]> {
  const body = agent === 'auto' ? {} : { agent };
  return eachOf(range(count), async () => (await post<{ id: string }>(url, body)).id);
}

function summarise(rounds: readonly (readonly Turn[])[]): TurnsResult {
  const turns = rounds.flat();
  const lateMs = turns.flatMap((turn) => turn.lateMs);
  return {
    firstMs: turns.map((turn) => turn.firstMs),
    endMs: turns.map((turn) => turn.endMs),
    roundMs: rounds.map((round) => {
      const ends = round.map(({ sentAt, endMs }) => sentAt + endMs);
      return Math.max(...ends) - Math.min(...round.map(({ sentAt }) => sentAt));
    }),
    characters: turns[0]!.characters,
    events: distributionOf(turns.map((turn) => turn.events)),
    lateMs: lateMs.length === 0 ? null : distributionOf(lateMs),
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function inTurn<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index++) results.push(await work(index));
  return results;
}

/** Some at a time; the results in the order of what they are of. */
async function eachOf<Item, T>(items: readonly Item[], work: (item: Item) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const go = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(range(Math.min(AT_ONCE, items.length)).map(go));
  return results;
}
