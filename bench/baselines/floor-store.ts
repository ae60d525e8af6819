import { setImmediate as nextTurn } from 'node:timers/promises';
import { Client } from 'pg';

/** As many as the server has for its transactions. */
const CONNECTIONS = 10;

const TABLES = `
  create table messages (
    id uuid primary key, session_id uuid not null, role text not null, content text not null,
    created_at timestamptz not null default now()
  );
  create table deltas (
    session_id uuid, message_id uuid, "offset" integer, text text not null,
    created_at timestamptz not null default now(), primary key (session_id, message_id, "offset")
  )`;

const INSERT_MESSAGE = 'insert into messages (id, session_id, role, content) values ($1, $2, $3, $4)';

const INSERT_DELTAS = `
  insert into deltas (session_id, message_id, "offset", text)
  select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[])`;

export interface Message {
  readonly id: string;
  readonly sessionId: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface Answer {
  readonly sessionId: string;
  readonly messageId: string;
  /** Called when the piece is stored. */
  show(offset: number, text: string): void;
}

interface Piece {
  readonly offset: number;
  readonly text: string;
}

/** What the floor stores, and how: statements are prepared, and sent without waiting for the answers before them. */
export class FloorStore {
  private readonly connections: readonly Client[];
  private readonly writer: Client;
  private nextConnection = 0;
  private pending = new Map<Answer, Piece>();
  private written = Promise.withResolvers<void>();
  private writing = false;

  private constructor(connections: readonly Client[], writer: Client) {
    this.connections = connections;
    this.writer = writer;
  }

  /** On an empty database. */
  static async open(url: string): Promise<FloorStore> {
    const connect = async () => {
      const client = new Client({ connectionString: url, application_name: 'floor', pipeline: true });
      await client.connect();
      return client;
    };
    const writer = await connect();
    await writer.query(TABLES);
    await writer.query('set synchronous_commit = off');
    return new FloorStore(await Promise.all(Array.from({ length: CONNECTIONS }, connect)), writer);
  }

  /** Resolves when the message is on the disk. */
  async commitMessage({ id, sessionId, role, content }: Message): Promise<void> {
    const connection = this.connections[this.nextConnection++ % CONNECTIONS]!;
    const values = [id, sessionId, role, content];
    await connection.query({ name: 'insert_message', text: INSERT_MESSAGE, values });
  }

  /** Stores a piece together with all others that wait, and then shows it. Pieces of an answer that wait are joined. */
  append(answer: Answer, offset: number, text: string): Promise<void> {
    const before = this.pending.get(answer);
    this.pending.set(answer, before ? { ...before, text: before.text + text } : { offset, text });
    if (!this.writing) void this.write();
    return this.written.promise;
  }

  private async write(): Promise<void> {
    this.writing = true;
    while (this.pending.size > 0) {
      // What came in one turn of the event loop is written together.
      await nextTurn();
      const [batch, { resolve, reject }] = [this.pending, this.written];
      this.pending = new Map();
      this.written = Promise.withResolvers();
      await this.insert(batch).then(resolve, reject);
    }
    this.writing = false;
  }

  private async insert(batch: ReadonlyMap<Answer, Piece>): Promise<void> {
    const [answers, pieces] = [[...batch.keys()], [...batch.values()]];
    const values = [
      answers.map(({ sessionId }) => sessionId),
      answers.map(({ messageId }) => messageId),
      pieces.map(({ offset }) => offset),
      pieces.map(({ text }) => text),
    ];
    await this.writer.query({ name: 'insert_deltas', text: INSERT_DELTAS, values });
    for (const [answer, { offset, text }] of batch) answer.show(offset, text);
  }
}
