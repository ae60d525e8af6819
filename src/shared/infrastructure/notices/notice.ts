import { z } from 'zod';

export const NOTICES_CHANNEL = 'agent_runtime_notices';

/** A payload of NOTIFY must stay below 8000 bytes (PostgreSQL's manual, NOTIFY). */
const PAYLOAD_BYTES = 7_900;

/** The sessions with new events. */
export const SESSIONS = 'sessions';

const Payload = z.object({ from: z.uuid(), topics: z.record(z.string(), z.array(z.string())) });

/**
 * What is new, as texts by topic, such as ids of sessions. Only a hint: a notice may come twice, late or not at all, and
 * its receiver looks into the database. Equal texts of a topic are one.
 */
export class Notice {
  private readonly texts = new Map<string, Set<string>>();

  get isEmpty(): boolean {
    return this.texts.size === 0;
  }

  add(topic: string, texts: Iterable<string>): this {
    for (const text of texts) {
      const known = this.texts.get(topic);
      if (known) known.add(text);
      else this.texts.set(topic, new Set([text]));
    }
    return this;
  }

  addAll(other: Notice): void {
    for (const [topic, texts] of other.texts) this.add(topic, texts);
  }

  of(topic: string): string[] {
    return [...(this.texts.get(topic) ?? [])];
  }

  without(topics: readonly string[]): Notice {
    const rest = new Notice();
    for (const topic of this.topics) if (!topics.includes(topic)) rest.add(topic, this.of(topic));
    return rest;
  }

  get topics(): string[] {
    return [...this.texts.keys()];
  }

  /** What goes over the wire, in as many payloads as it takes. @param from the id of the sending instance */
  toPayloads(from: string): string[] {
    const parts: Notice[] = [];
    let bytes = Infinity;
    for (const topic of this.topics) {
      for (const text of this.of(topic)) {
        // As if each text had its topic beside it: a payload is rarely full, and never too long.
        const size = Buffer.byteLength(JSON.stringify({ [topic]: [text] }));
        if (bytes + size > PAYLOAD_BYTES) {
          parts.push(new Notice());
          bytes = Buffer.byteLength(JSON.stringify({ from, topics: {} }));
        }
        parts.at(-1)!.add(topic, [text]);
        bytes += size;
      }
    }
    return parts.map((part) =>
      JSON.stringify({
        from,
        topics: Object.fromEntries(part.topics.map((topic) => [topic, part.of(topic)])),
      }),
    );
  }

  /** @throws Error where it is none */
  static parse(payload: string): { from: string; notice: Notice } {
    const { from, topics } = Payload.parse(JSON.parse(payload));
    const notice = new Notice();
    for (const [topic, texts] of Object.entries(topics)) notice.add(topic, texts);
    return { from, notice };
  }
}
