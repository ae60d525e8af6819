import type { IncomingMessage } from 'node:http';
import { TOKEN_CHARACTERS, type Wish, answerOf, promptOf } from '../model/answer.ts';
import { readFrames } from './frames.ts';
import { send } from './http.ts';

/** Where a turn is sent: to a session of the server, or to an endpoint with the API of the model. */
export type Target = { readonly sessions: string } | { readonly model: string };

/** One answer as its reader saw it; times from the request. */
export interface Turn {
  readonly sentAt: number;
  readonly firstMs: number;
  readonly endMs: number;
  readonly characters: number;
  /** That brought text. */
  readonly events: number;
  /** How much later than at the pace of the model each token came. */
  readonly lateMs: readonly number[];
}

interface Event {
  readonly data: {
    readonly content?: string;
    readonly status?: string;
  };
}

/** Asks, and reads to the end. @throws Error where the answer is not complete */
export async function takeTurn(target: Target, sessionId: string, wish: Wish): Promise<Turn> {
  const sentAt = performance.now();
  const response = await ask(target, sessionId, promptOf(wish));
  const turn = new Reading(wish, sentAt);
  await readFrames(response, (type, data) => turn.hear(type, data));
  return turn.end('sessions' in target);
}

function ask(target: Target, sessionId: string, content: string): Promise<IncomingMessage> {
  if ('sessions' in target) {
    return send('POST', `${target.sessions}/${sessionId}/messages/stream`, { type: 'user_message', content });
  }
  const messages = [{ role: 'user', content }];
  return send('POST', `${target.model}/chat/completions`, { model: 'bench', stream: true, messages });
}

/** What a reader makes of a stream, from the server or from the model. */
class Reading {
  private text = '';
  private events = 0;
  private firstMs: number | undefined;
  private completed: string | undefined;
  private status: string | undefined;
  private readonly lateMs: number[] = [];
  private readonly wish: Wish;
  private readonly sentAt: number;

  constructor(wish: Wish, sentAt: number) {
    this.wish = wish;
    this.sentAt = sentAt;
  }

  hear(type: string, data: string): void {
    if (type === '') {
      this.hearText(textIn(data, '"content":"'));
    } else if (type === 'message.delta') {
      this.hearText(textIn(data, '"text":"'));
    } else if (type === 'message.completed') {
      this.completed = (JSON.parse(data) as Event).data.content;
    } else if (type === 'run.finished') {
      this.status = (JSON.parse(data) as Event).data.status;
    }
  }

  end(isOfServer: boolean): Turn {
    const { text, firstMs, events, lateMs } = this;
    const expected = answerOf(this.wish.tokens);
    if (text !== expected || firstMs === undefined) {
      throw new Error(`of ${expected.length} characters came ${text.length}`);
    }
    if (isOfServer && (this.completed !== expected || this.status !== 'completed')) {
      throw new Error(`the text is whole, but the message is not, or the run is ${this.status}`);
    }
    const { sentAt } = this;
    return {
      ...{ sentAt, firstMs, endMs: performance.now() - sentAt },
      ...{ characters: text.length, events, lateMs },
    };
  }

  private hearText(text: string): void {
    if (text === '') return;
    const afterMs = performance.now() - this.sentAt;
    this.firstMs ??= afterMs;
    this.events++;
    const { delayMs = 0, firstTokenMs = 0 } = this.wish;
    const before = this.text.length / TOKEN_CHARACTERS;
    this.text += text;
    if (delayMs === 0) return;
    const now = this.text.length / TOKEN_CHARACTERS;
    for (let token = before; token < now; token++) {
      this.lateMs.push(afterMs - firstTokenMs - token * delayMs);
    }
  }
}

/** Cut out, not parsed: the words of the stub hold nothing that JSON would escape, and the client must cost little. */
function textIn(data: string, field: string): string {
  const at = data.indexOf(field);
  if (at < 0) return '';
  const from = at + field.length;
  return data.slice(from, data.indexOf('"', from));
}
