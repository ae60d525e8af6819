import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { PromptThread, keyOf, within } from '../../conversations/index.js';
import { ThreadNotes } from '../application/thread-notes.js';
import { NEWEST_FIRST } from './checkpoint.row.js';

export class SqlThreadNotes extends ThreadNotes {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async untold(sessionId: string, thread: PromptThread, texts: readonly string[]): Promise<string[]> {
    const { sql: condition, ids } = within(thread, 4);
    const rows = await this.context.query<{ text: string }>(
      `with begun as materialized (
         select coalesce((select up_to_position from context_checkpoints where session_id = $1 and thread = $2
                           order by ${NEWEST_FIRST} limit 1), 0) as position
       ), told as materialized (
         select note from messages
          where session_id = $1 and role = 'tool' and note is not null and ${condition}
            and position > (select position from begun)
       )
       select t.text from unnest($3::text[]) with ordinality as t(text, place)
        where not exists (select from told where strpos(told.note, t.text) > 0) order by t.place`,
      [sessionId, keyOf(thread), texts, ...ids],
    );
    return rows.map(({ text }) => text);
  }
}
