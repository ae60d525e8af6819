import { TestDatabase } from '../../support/database.js';
import { Story, ToldMessage, messagesOf, toolCallsOf, withoutCalls } from './story-model.js';
import { Transcript } from './transcript.js';

type Rows = Pick<TestDatabase, 'rows'>;

interface EventRecord {
  seq: string;
  run_id: string | null;
  type: string;
  data: Record<string, unknown>;
}

interface MessageRecord extends ToldMessage {
  id: string;
}

const logOf = (database: Rows, sessionId: string): Promise<EventRecord[]> =>
  database.rows<EventRecord>(
    'select seq::text as seq, run_id, type, data from session_events e where session_id = $1 order by e.seq',
    [sessionId],
  );

/** What a client of a session has seen that is not what the database holds; in words, nothing where all is well. */
export async function faultsOfReading(
  database: Rows,
  sessionId: string,
  transcript: Transcript,
): Promise<string[]> {
  const faults = [...transcript.faults];
  const log = await logOf(database, sessionId);
  const seen = new Map(transcript.events.map((event) => [event.id, event]));
  log.forEach(({ seq, type, data }, index) => {
    if (Number(seq) !== index + 1) faults.push(`event ${seq} is number ${index + 1} of the log`);
    const event = seen.get(seq);
    if (!event) faults.push(`event ${seq} (${type}) was not seen`);
    else if (event.type !== type || JSON.stringify(event.data) !== JSON.stringify(data)) {
      faults.push(`event ${seq} was seen as ${event.type} ${JSON.stringify(event.data)}`);
    }
  });
  if (seen.size > log.length) faults.push(`${seen.size} events were seen, ${log.length} are stored`);
  const stored = await database.rows<{ id: string; content: string }>(
    'select id, content from messages where session_id = $1',
    [sessionId],
  );
  for (const { id, content } of stored) {
    const text = transcript.texts.get(id);
    if (text !== content) faults.push(`message ${id} is shown as ${text}, stored as ${content}`);
  }
  if (transcript.texts.size !== stored.length) {
    faults.push(`${transcript.texts.size} messages are shown, ${stored.length} are stored`);
  }
  return faults;
}

/** What keeps the one run of a session from being a story that was told to its end, once. */
export async function faultsOfTelling(database: Rows, sessionId: string, story: Story): Promise<string[]> {
  return [
    ...(await faultsOfEnd(database, sessionId)),
    ...(await faultsOfMessages(database, sessionId, story)),
    ...(await faultsOfCalls(database, sessionId, story)),
  ].map((fault) => `story ${story.number} (${story.kind}): ${fault}`);
}

async function faultsOfEnd(database: Rows, sessionId: string): Promise<string[]> {
  const faults: string[] = [];
  const runs = await database.rows<{ id: string; status: string; error: object | null }>(
    'select id, status, error from runs where session_id = $1',
    [sessionId],
  );
  if (runs.length !== 1) faults.push(`has ${runs.length} runs`);
  for (const { status, error } of runs) {
    if (status !== 'completed') faults.push(`ended as ${status} ${JSON.stringify(error)}`);
  }
  const log = await logOf(database, sessionId);
  const ends = log.filter(({ type }) => type === 'run.finished').length;
  if (ends !== 1) faults.push(`has ${ends} times run.finished`);
  if (log.at(-1)?.type !== 'run.finished') faults.push(`ends with ${log.at(-1)?.type}`);
  const open = await database.rows(
    `select 'tool call' as what from tool_calls where session_id = $1 and settled_at is null
     union all select 'approval' from approvals where session_id = $1 and status = 'pending'
     union all select 'model call' from llm_calls where session_id = $1 and status = 'started'
     union all select 'plan' from plans where session_id = $1 and status <> 'completed'`,
    [sessionId],
  );
  if (open.length > 0) faults.push(`left open: ${JSON.stringify(open)}`);
  return faults;
}

async function faultsOfMessages(database: Rows, sessionId: string, story: Story): Promise<string[]> {
  const stored = await database.rows<MessageRecord>(
    `select m.id, coalesce(s.position, 0) as subtask, m.role, m.content
       from messages m left join subtasks s on s.id = m.subtask_id
      where m.session_id = $1 order by m.position`,
    [sessionId],
  );
  const told = sorted(
    stored.map(({ subtask, role, content }) => ({ subtask, role, content: withoutCalls(content) })),
  );
  const expected = sorted(messagesOf(story));
  const count = Math.max(told.length, expected.length);
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => JSON.stringify(told[index]) !== JSON.stringify(expected[index]))
    .map(
      (index) =>
        `message ${index + 1} is ${JSON.stringify(told[index])}, not ${JSON.stringify(expected[index])}`,
    );
}

/** The answers to calls that were asked for at once may come in any order. */
function sorted(messages: readonly ToldMessage[]): ToldMessage[] {
  const groups: ToldMessage[][] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (message.role === 'tool' && last?.[0]?.role === 'tool') last.push(message);
    else groups.push([message]);
  }
  return groups.flatMap((group) => group.toSorted((a, b) => (a.content < b.content ? -1 : 1)));
}

async function faultsOfCalls(database: Rows, sessionId: string, story: Story): Promise<string[]> {
  const faults: string[] = [];
  const calls = await database.rows<{ tool_name: string; status: string }>(
    'select tool_name, status from tool_calls where session_id = $1 order by id',
    [sessionId],
  );
  const expected = toolCallsOf(story).map(({ toolName }) => `${toolName} completed`);
  const made = calls.map(({ tool_name: toolName, status }) => `${toolName} ${status}`);
  if (made.join() !== expected.join()) faults.push(`called ${made.join()}, not ${expected.join()}`);
  const requests = (await logOf(database, sessionId)).filter(({ type }) => type === 'tool_call.requested');
  const ids = new Set(requests.map(({ data }) => data.call_id));
  const asked = requests.map(({ data }) => JSON.stringify([data.tool_name, data.arguments]));
  if (ids.size !== requests.length) faults.push(`requested a call twice: ${asked.join()}`);
  const wished = toolCallsOf(story)
    .filter(({ toolName }) => toolName !== 'create_plan')
    .map(({ toolName, args }) => JSON.stringify([toolName, args]));
  if (asked.join() !== wished.join()) faults.push(`requested ${asked.join()}, not ${wished.join()}`);
  return faults;
}
