import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { timer } from 'rxjs';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { sweep } from '../../../shared/application/sweep.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { idOfTime } from '../../../shared/infrastructure/persistence/id-of-time.js';
import { messageTokens } from '../domain/message-tokens.js';
import { Message } from '../domain/message.js';

/** While processes of the release before are at work, they still store messages without a count. */
const INTERVAL_MS = 3_600_000;
/** A small batch, since each message may be as large as a request. */
const BATCH = 20;

type Uncounted = Pick<Message, 'id' | 'role' | 'content' | 'note' | 'toolCalls' | 'reasoning'>;

const NEXT = `
  select id, role, content, note, tool_calls as "toolCalls", reasoning from messages
   where id > (select counted_through from message_counting) and tokens is null order by id limit ${BATCH}`;

const COUNT = `
  with counted as (
    update messages m set tokens = c.tokens from unnest($1::uuid[], $2::int[]) as c(id, tokens)
     where m.id = c.id and m.tokens is null
  )
  update message_counting set counted_through = $3 where counted_through < $3`;

/** A message is stored later than its id is made, but not by a day. */
const END = `
  update message_counting set counted_through = greatest(counted_through, ${idOfTime(`now() - interval '1 day'`)})`;

/** Counts the messages that earlier releases have stored, a few at a time. */
@Injectable()
export class MessageCounter implements OnApplicationBootstrap {
  private readonly logger = new Logger(MessageCounter.name);

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = timer(0, INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'messages could not be counted', () => this.count());
  }

  /** Counts all messages without a count. @returns how many these were */
  async count(): Promise<number> {
    let counted = 0;
    for (;;) {
      const batch = await this.database.query<Uncounted>(NEXT);
      const last = batch.at(-1);
      if (!last) break;
      await this.database.query(COUNT, [batch.map(({ id }) => id), batch.map(messageTokens), last.id]);
      counted += batch.length;
    }
    await this.database.query(END);
    return counted;
  }
}
