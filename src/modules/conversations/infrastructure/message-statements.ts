import { Statement } from '../../../shared/infrastructure/persistence/row-statements.js';
import { LONGEST_SHOWN, PromptThread, WindowLimits } from '../domain/thread.js';

/** One condition per kind of thread, so that each uses its own index, and the value of its parameter. */
export function within(thread: PromptThread, parameter: string): [sql: string, id: string | null] {
  if (thread === 'main')
    return [`subtask_id is null and job_id is null and ${parameter}::uuid is null`, null];
  if ('subtaskId' in thread) return [`subtask_id = ${parameter}`, thread.subtaskId];
  if (!('runId' in thread)) return [`job_id = ${parameter}`, thread.jobId];
  const begun = `(select min(position) from messages where session_id = $1 and run_id = ${parameter})`;
  return [
    `subtask_id is null and (run_id = ${parameter} or (job_id is null and position < ${begun}))`,
    thread.runId,
  ];
}

/** The characters of a message that a model is shown. */
const SHOWN = `case role when 'user' then least(length(content), ${LONGEST_SHOWN}) else length(content) end`;

/** Selects the newest messages of a thread within both limits, oldest first. @param columns of `messages` */
export function newestOf(
  columns: string,
  sessionId: string,
  thread: PromptThread,
  limits: WindowLimits,
): Statement {
  const [condition, id] = within(thread, '$4');
  return {
    text: `with newest as (
         select *, sum(${SHOWN} + coalesce(length(reasoning::text), 0)) over (order by position desc) as characters
           from (select * from messages where session_id = $1 and ${condition}
                  order by position desc limit $2) as m
       )
       select ${columns} from newest where characters <= $3 or position = (select max(position) from newest)
        order by position`,
    values: [sessionId, limits.messages, limits.characters, id],
  };
}
