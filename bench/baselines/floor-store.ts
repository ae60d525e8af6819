import { Client } from 'pg';
import { GroupWriter } from './group-writer.ts';
import type { GrowingAnswer } from './growing-answer.ts';

const TABLES = `
  create table messages (
    id uuid primary key, session_id uuid not null, role text not null, content text not null,
    created_at timestamptz not null default now()
  );
  create table deltas (
    session_id uuid, message_id uuid, "offset" integer, text text not null,
    created_at timestamptz not null default now(), primary key (session_id, message_id, "offset")
  )`;

const INSERT_MESSAGES = `
  insert into messages (id, session_id, role, content)
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])`;

const INSERT_DELTAS = `
  insert into deltas (session_id, message_id, "offset", text)
  select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[])`;

export interface Message {
  readonly id: string;
  readonly sessionId: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What the floor stores, and how: messages and pieces each by one writer, on a connection of its own. */
export class FloorStore {
  private readonly messages: GroupWriter<Message>;
  private readonly answers: GroupWriter<GrowingAnswer>;

  private constructor(forMessages: Client, forPieces: Client) {
    this.messages = new GroupWriter((messages) => insertMessages(forMessages, messages));
    this.answers = new GroupWriter((answers) => insertPieces(forPieces, answers));
  }

  /** On an empty database. */
  static async open(url: string): Promise<FloorStore> {
    const connect = async () => {
      const client = new Client({ connectionString: url, application_name: 'floor' });
      await client.connect();
      return client;
    };
    const [forMessages, forPieces] = [await connect(), await connect()];
    await forPieces.query(TABLES);
    await forPieces.query('set synchronous_commit = off');
    return new FloorStore(forMessages, forPieces);
  }

  /** Resolves when the message is on the disk. */
  commitMessage(message: Message): Promise<void> {
    return this.messages.write(message);
  }

  /** Stores what the answer has gathered by then, and shows it. */
  append(answer: GrowingAnswer): Promise<void> {
    return this.answers.write(answer);
  }
}

async function insertMessages(connection: Client, messages: readonly Message[]): Promise<void> {
  const values = [
    messages.map(({ id }) => id),
    messages.map(({ sessionId }) => sessionId),
    messages.map(({ role }) => role),
    messages.map(({ content }) => content),
  ];
  await connection.query({ name: 'insert_messages', text: INSERT_MESSAGES, values });
}

async function insertPieces(connection: Client, answers: readonly GrowingAnswer[]): Promise<void> {
  const pieces = answers.map((answer) => answer.take());
  const values = [
    answers.map(({ sessionId }) => sessionId),
    answers.map(({ messageId }) => messageId),
    pieces.map(({ offset }) => offset),
    pieces.map(({ text }) => text),
  ];
  await connection.query({ name: 'insert_deltas', text: INSERT_DELTAS, values });
  for (const [index, answer] of answers.entries()) answer.show(pieces[index]!);
}
