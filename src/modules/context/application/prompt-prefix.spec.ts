import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../test/chaos/support/seeded-random.js';
import { Message, newMessage } from '../../conversations/index.js';
import { ModelMessage } from '../../models/index.js';
import { Opening, assemblePrompt } from './assemble-prompt.js';

/** A session that goes on at random: turns, calls, answers of which some are missing, cut answers, checkpoints, notes. */
class RandomSession {
  private readonly rows: Message[] = [];
  private checkpoint: { content: string; upTo: number } | undefined;
  private open: string[] = [];
  /** Of the requests since the newest checkpoint. */
  readonly requests: ModelMessage[][] = [];

  constructor(
    private readonly random: SeededRandom,
    private readonly opening: Pick<Opening, 'system' | 'instructions' | 'brief'>,
  ) {}

  goOn(): void {
    const last = this.rows.at(-1)?.role;
    if (this.open.length > 0) this.answerOrGiveUp();
    else if (last === undefined || last === 'assistant' || this.random.next() < 0.1)
      this.add('user', 'a wish');
    else this.ask();
    if (this.random.next() < 0.02) this.add('system', 'for people');
  }

  /** A request, and what the model says; some requests fail. */
  private ask(): void {
    if (this.random.next() < 0.05) this.compact();
    const since = this.rows.filter(({ position }) => position > (this.checkpoint?.upTo ?? 0));
    this.requests.push(assemblePrompt({ ...this.opening, checkpoint: this.checkpoint ?? null }, since));
    if (this.random.next() < 0.1) return;
    const calls = this.random.next() < 0.6 ? this.random.whole(1, 3) : 0;
    this.open = Array.from({ length: calls }, (_, n) => `call-${this.rows.length}-${n}`);
    this.add('assistant', 'words', {
      toolCalls: this.open.map((callId) => ({ callId, toolName: 'read_file', arguments: { path: callId } })),
    });
  }

  /** The run may end while a call waits: it is never answered then. */
  private answerOrGiveUp(): void {
    if (this.random.next() < 0.05) {
      this.open = [];
      this.add('user', 'something else');
      return;
    }
    const callId = this.open.splice(this.random.whole(0, this.open.length - 1), 1)[0]!;
    this.add('tool', 'a result', { callId });
  }

  private compact(): void {
    this.checkpoint = {
      content: `notes ${this.rows.length}`,
      upTo: this.rows.length - this.random.whole(0, 1),
    };
    this.requests.length = 0;
  }

  private add(role: Message['role'], content: string, more: Partial<Message> = {}): void {
    const position = this.rows.length + 1;
    const note = role !== 'assistant' && this.random.next() < 0.3 ? `a note ${position}` : null;
    const about = { id: `m${position}`, sessionId: 's', role, note, createdAt: new Date(0), ...more };
    this.rows.push({
      ...newMessage({ ...about, content: `${content} ${position}` }),
      position,
      tokens: null,
    });
  }
}

const SYSTEM = 'You are a test.';

const OPENINGS = [
  { system: SYSTEM },
  { system: SYSTEM, instructions: 'Indent with tabs.' },
  { system: SYSTEM, instructions: 'Indent with tabs.', brief: 'One subtask.' },
];

/** Asks to go on where nothing else follows; no answer comes to one whose request fails. */
const isNote = ({ role, content }: ModelMessage) => role === 'user' && content === '(Go on.)';

describe('a request', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'is the beginning of the next one until there is another checkpoint: session %d',
    (seed) => {
      const session = new RandomSession(new SeededRandom(seed), OPENINGS[seed % OPENINGS.length]!);
      let compared = 0;
      for (let step = 0; step < 400; step++) {
        session.goOn();
        const [earlier, later] = session.requests.slice(-2);
        if (!earlier || !later) continue;
        const sent = isNote(earlier.at(-1)!) ? earlier.slice(0, -1) : earlier;
        expect(later.slice(0, sent.length)).toEqual(sent);
        compared++;
      }
      expect(compared).toBeGreaterThan(50);
    },
  );
});
