import { SentEvent } from '../../support/client.js';

type Delta = SentEvent<'message.delta' | 'message.reasoning_delta'>;

const isDelta = (event: SentEvent): event is Delta =>
  event.type === 'message.delta' || event.type === 'message.reasoning_delta';

/** What a crash of PostgreSQL may lose. */
const isPiece = (event: SentEvent): boolean => isDelta(event) || event.type === 'tool_call.drafted';

/** The text that it is a piece of. */
const textOf = ({ type, data }: Delta): string => `${type} ${data.message_id}`;

/**
 * Compares what a client has seen with the log that was read afterwards from its beginning.
 * @param seenAtCrash how many events the client had seen when PostgreSQL crashed: of those the newest pieces may be lost
 * @returns what breaks a promise, in words; and how many pieces are lost
 */
export function compareWithLog(
  seen: readonly SentEvent[],
  log: readonly SentEvent[],
  seenAtCrash: number,
): { faults: string[]; lost: number } {
  const kept = new Map(log.map((event) => [event.id, event]));
  const texts = textsOf(log);
  const isKept = (event: SentEvent) => (isDelta(event) ? holds(texts, event) : kept.has(event.id));
  let mustBeKept = seenAtCrash;
  while (mustBeKept > 0 && isPiece(seen[mustBeKept - 1]!) && !isKept(seen[mustBeKept - 1]!)) mustBeKept--;

  const known = new Set(seen.map(({ id }) => id));
  const faults = [
    ...[...seen.slice(0, mustBeKept), ...seen.slice(seenAtCrash)]
      .filter((event) => !isKept(event))
      .map(({ id, type }) => `event ${id} (${type}) is missing`),
    ...seen
      .filter((event) => !isSame(event, kept.get(event.id) ?? event))
      .map((event) => `event ${event.id} was ${JSON.stringify(event)}`),
    ...log.filter(({ id }) => !known.has(id)).map(({ id, type }) => `event ${id} (${type}) was not seen`),
  ];
  return { faults, lost: seenAtCrash - mustBeKept };
}

/** A delta may have the text of its neighbours as well: they may be merged. */
const isSame = (one: SentEvent, other: SentEvent): boolean =>
  isDelta(one) && isDelta(other)
    ? textOf(one) === textOf(other)
    : JSON.stringify(one) === JSON.stringify(other);

/** The UTF-16 units that the deltas of a log add up to. */
function textsOf(log: readonly SentEvent[]): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const delta of log.filter(isDelta)) {
    const { data } = delta;
    const units = texts.get(textOf(delta)) ?? [];
    for (let at = 0; at < data.text.length; at++) units[data.offset + at] = data.text[at]!;
    texts.set(textOf(delta), units);
  }
  return texts;
}

function holds(texts: ReadonlyMap<string, readonly string[]>, delta: Delta): boolean {
  const { data } = delta;
  const units = texts.get(textOf(delta)) ?? [];
  return units.slice(data.offset, data.offset + data.text.length).join('') === data.text;
}
