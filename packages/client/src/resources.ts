import { type EventOptions, type RuntimeEvent, type Source, follow } from './events.ts';
import { type Bytes, type Http, type RequestOptions, newKey } from './http.ts';
import { type Page, Pages } from './pages.ts';
import type {
  Accepted,
  ActivityHint,
  Agent,
  AgentVersion,
  Approval,
  Blob as StoredBlob,
  ChangeSession,
  Checkpoint,
  Claim,
  Compact,
  Context,
  CreateSession,
  DeclareTools,
  Decision,
  EditCheckpoint,
  EditSynopsis,
  Input,
  Job,
  ListApprovalsData,
  ListJobsData,
  ListMessagesData,
  ListPlansData,
  ListRunsData,
  ListSessionApprovalsData,
  ListSessionsData,
  ListUsageData,
  Me,
  Message,
  Model,
  OpenToolCall,
  Permission,
  PlanRecord,
  Reason,
  Release,
  RequestJob,
  Run,
  SaveAgent,
  Session,
  SetWorkspace,
  Synopsis,
  SynopsisVersion,
  SynopsisVersionSummary,
  ToolList,
  UsageSum,
  Workspace,
} from './types.gen.ts';

/** The filters of a list; its cursor is the business of `Pages`. */
type Filter<Data extends { query?: object }> = Omit<NonNullable<Data['query']>, 'cursor'>;
type Limit = { limit?: number };

type About<T> = (id: string, options?: RequestOptions) => Promise<T>;
type Tell<T, Body> = (id: string, body: Body, options?: RequestOptions) => Promise<T>;
type MayTell<T, Body> = (id: string, body?: Body, options?: RequestOptions) => Promise<T>;
type List<Item, Query> = (query?: Query, options?: RequestOptions) => Pages<Item>;
type ListOf<Item, Query> = (id: string, query?: Query, options?: RequestOptions) => Pages<Item>;

const OF_CLIENT = '/v1/sessions/:id/tools/:client_id';

const ENDED: ReadonlySet<string> = new Set([
  'completed',
  'failed',
  'cancelled',
  'interrupted',
  'model_call_limit',
]);

/** Every operation of the server, by what it is about. In paths, `:id` stands for the id that a method is given. */
export function resources(http: Http) {
  const one =
    <T>(method: string, path: string): About<T> =>
    (id, options) =>
      http.answer<T>(method, fill(path, id), {}, options);

  const mayTell =
    <T, Body extends object>(method: string, path: string): MayTell<T, Body> =>
    (id, body, options) =>
      http.answer<T>(method, fill(path, id), { body: body ?? {} }, options);
  const tell = <T, Body extends object>(method: string, path: string): Tell<T, Body> =>
    mayTell<T, Body>(method, path);

  const pages = <Item>(path: string, query: object | undefined, options: RequestOptions | undefined) =>
    new Pages<Item>((cursor) =>
      http.answer<Page<Item>>('GET', path, { query: { ...query, cursor } }, options),
    );
  const list =
    <Item, Query extends object = Limit>(path: string): List<Item, Query> =>
    (query, options) =>
      pages<Item>(path, query, options);
  const listOf =
    <Item, Query extends object = Limit>(path: string): ListOf<Item, Query> =>
    (id, query, options) =>
      pages<Item>(fill(path, id), query, options);

  const account = {
    /** Who you are, and what the server is. */
    me: (options?: RequestOptions) => http.answer<Me>('GET', '/v1/me', {}, options),
    /** What your calls of models have used, by day, model, agent or session. */
    usage: list<UsageSum, Filter<ListUsageData>>('/v1/usage'),
  };

  const agents = {
    /** Those of the installation, and yours. */
    list: list<Agent>('/v1/agents'),
    get: one<AgentVersion>('GET', '/v1/agents/:id'),
    /** Defines one of your own, or changes it. */
    put: tell<AgentVersion, SaveAgent>('PUT', '/v1/agents/:id'),
    delete: one<undefined>('DELETE', '/v1/agents/:id'),
  };

  const tools = {
    /** Those that clients have declared for a session. */
    list: listOf<ToolList>('/v1/sessions/:id/tools'),
    /** Declares all that a client executes for a session, beside the built-in ones; again before its time is over. */
    declare: (sessionId: string, clientId: string, body: DeclareTools, options?: RequestOptions) =>
      http.answer<ToolList>('PUT', fill(OF_CLIENT, sessionId, clientId), { body }, options),
    withdraw: (sessionId: string, clientId: string, options?: RequestOptions) =>
      http.answer<undefined>('DELETE', fill(OF_CLIENT, sessionId, clientId), {}, options),
  };

  const models = {
    list: list<Model>('/v1/models'),
  };

  const sessions = {
    /** Yours, newest first, or those that have changed last. */
    list: list<Session, Filter<ListSessionsData>>('/v1/sessions'),
    create: (session: CreateSession = {}, options?: RequestOptions) =>
      http.answer<Session>('POST', '/v1/sessions', { body: session }, options),
    get: one<Session>('GET', '/v1/sessions/:id'),
    update: tell<Session, ChangeSession>('PATCH', '/v1/sessions/:id'),
    delete: one<undefined>('DELETE', '/v1/sessions/:id'),
    /** What a client has said of the workspace. */
    workspace: one<Workspace>('GET', '/v1/sessions/:id/workspace'),
    /** Says where agents work, and what files such as AGENTS.md say: from the next run on. */
    setWorkspace: tell<Workspace, SetWorkspace>('PUT', '/v1/sessions/:id/workspace'),
    /** The main history, or what was said in a subtask or job; oldest first by default. */
    messages: listOf<Message, Filter<ListMessagesData>>('/v1/sessions/:id/messages'),
    approvals: listOf<Approval, Filter<ListSessionApprovalsData>>('/v1/sessions/:id/approvals'),
    plans: listOf<PlanRecord>('/v1/sessions/:id/plans'),
    runs: listOf<Run>('/v1/sessions/:id/runs'),
    /** Tells it something; `events` after `last_event_id` of the answer show what follows. */
    send: tell<Accepted, Input>('POST', '/v1/sessions/:id/messages'),
    /** Tells it something, and iterates over the events of its run up to the next rest: `run.waiting` or `run.finished`. */
    stream: (
      id: string,
      input: Input,
      options: EventOptions & Pick<RequestOptions, 'idempotencyKey'> = {},
    ): AsyncGenerator<RuntimeEvent, void, undefined> => {
      const address = fill('/v1/sessions/:id/messages/stream', id);
      const headers = { 'idempotency-key': options.idempotencyKey ?? newKey() };
      // The same key again joins the same run, from the same cursor: what was seen before is dropped.
      return follow(
        {
          name: `POST ${address}`,
          open: (_, signal) => http.open('POST', address, { body: input, headers }, signal),
          isLast: ({ type }) => type === 'run.waiting' || type === 'run.finished',
        },
        options,
        http.options,
      );
    },
    /** Takes back what waits for an agent at work, until that is told. */
    withdrawSteer: (sessionId: string, steerId: string, options?: RequestOptions) =>
      http.answer<undefined>(
        'DELETE',
        fill('/v1/sessions/:id/steers/:steer', sessionId, steerId),
        {},
        options,
      ),
    /** Everything that happens in it, for ever: ends by the signal. */
    events: (id: string, options: EventOptions = {}): AsyncGenerator<RuntimeEvent, void, undefined> =>
      follow(reading(http, fill('/v1/sessions/:id/events', id)), options, http.options),
    /** Hints over all of yours, for ever: what to fetch anew. Each connection begins with `refetch`. */
    activity: (options: Pick<EventOptions, 'signal'> = {}): AsyncGenerator<ActivityHint, void, undefined> =>
      follow(reading<ActivityHint>(http, '/v1/activity'), options, http.options),
  };

  const context = {
    /** How full it is, and what the agent is told instead of old messages. */
    get: one<Context>('GET', '/v1/sessions/:id/context'),
    /** Puts what the agent is told of old messages in your words. */
    edit: tell<Checkpoint, EditCheckpoint>('PUT', '/v1/sessions/:id/context/checkpoint'),
    /** Has a checkpoint written in the background. */
    compact: mayTell<Job, Compact>('POST', '/v1/sessions/:id/compact'),
  };

  const approvals = {
    /** Yours in all sessions. */
    list: list<Approval, Filter<ListApprovalsData>>('/v1/approvals'),
    get: one<Approval>('GET', '/v1/approvals/:id'),
    decide: tell<Accepted, Decision>('POST', '/v1/approvals/:id/decision'),
  };

  const permissions = {
    /** What you have allowed for the rest of a session. */
    list: listOf<Permission>('/v1/sessions/:id/permissions'),
    takeBackAll: one<undefined>('DELETE', '/v1/sessions/:id/permissions'),
    takeBack: (sessionId: string, id: string, options?: RequestOptions) =>
      http.answer<undefined>('DELETE', fill('/v1/sessions/:id/permissions/:one', sessionId, id), {}, options),
  };

  const plans = {
    /** Yours in all sessions. */
    list: list<PlanRecord, Filter<ListPlansData>>('/v1/plans'),
    get: one<PlanRecord>('GET', '/v1/plans/:id'),
    cancel: mayTell<Accepted, Reason>('POST', '/v1/plans/:id/cancel'),
    retry: mayTell<Accepted, Reason>('POST', '/v1/plans/:id/retry'),
  };

  const runs = {
    /** Yours in all sessions. */
    list: list<Run, Filter<ListRunsData>>('/v1/runs'),
    get: one<Run>('GET', '/v1/runs/:id'),
    cancel: one<Run>('POST', '/v1/runs/:id/cancel'),
    /** From its first event, or the cursor, to `run.finished`. */
    events: (id: string, options: EventOptions = {}): AsyncGenerator<RuntimeEvent, void, undefined> =>
      follow(
        {
          ...reading(http, fill('/v1/runs/:id/events', id)),
          isLast: ({ type }) => type === 'run.finished',
          isOver: async () => ENDED.has((await runs.get(id, options)).status),
        },
        options,
        http.options,
      ),
  };

  const toolCalls = {
    /** Those of a session that are not settled. */
    list: listOf<OpenToolCall>('/v1/sessions/:id/tool-calls'),
    /** Makes this client the one that executes it, or renews that. */
    claim: tell<OpenToolCall, Claim>('POST', '/v1/tool-calls/:id/claim'),
    /** Leaves it to other clients. */
    release: tell<OpenToolCall, Release>('POST', '/v1/tool-calls/:id/release'),
    /** All that was answered to it, also where the conversation has only its beginning and end. */
    result: (id: string, options?: RequestOptions) =>
      http.answer<string>('GET', fill('/v1/tool-calls/:id/result', id), { as: 'text' }, options),
  };

  const blobs = {
    /** Stores an image by its bytes: PNG, JPEG, WebP or GIF. */
    store: (bytes: Bytes, options?: RequestOptions) =>
      http.answer<StoredBlob>('POST', '/v1/blobs', { bytes }, options),
    get: (id: string, options?: RequestOptions) =>
      http.answer<Blob>('GET', fill('/v1/blobs/:id', id), { as: 'blob' }, options),
  };

  const jobs = {
    list: list<Job, Filter<ListJobsData>>('/v1/jobs'),
    get: one<Job>('GET', '/v1/jobs/:id'),
    /** Has an agent work in the background; a job that it has in the session already is answered instead. */
    request: (agent: { id: string; version: string }, job: RequestJob, options?: RequestOptions) =>
      http.answer<Job>(
        'POST',
        fill('/v1/jobs/agents/:id/:version', agent.id, agent.version),
        { body: job },
        options,
      ),
    cancel: one<Job>('POST', '/v1/jobs/:id/cancel'),
  };

  const synopses = {
    /** The live version. */
    get: one<Synopsis>('GET', '/v1/sessions/:id/synopsis'),
    edit: tell<Synopsis, EditSynopsis>('PUT', '/v1/sessions/:id/synopsis'),
    /** Has it written in the background. */
    request: one<Job>('POST', '/v1/sessions/:id/synopsis?mode=background'),
    /** Has it written, and waits for it. */
    form: (sessionId: string, options?: RequestOptions) =>
      one<Synopsis>('POST', '/v1/sessions/:id/synopsis?mode=sync')(sessionId, {
        timeout: Infinity,
        ...options,
      }),
    versions: listOf<SynopsisVersionSummary>('/v1/sessions/:id/synopsis/versions'),
    version: (sessionId: string, version: number, options?: RequestOptions) =>
      http.answer<SynopsisVersion>(
        'GET',
        fill('/v1/sessions/:id/synopsis/versions/:version', sessionId, version),
        {},
        options,
      ),
  };

  return {
    account,
    agents,
    tools,
    models,
    sessions,
    context,
    approvals,
    permissions,
    plans,
    runs,
    toolCalls,
    blobs,
    jobs,
    synopses,
  };
}

export type Resources = ReturnType<typeof resources>;

const reading = <Item = RuntimeEvent>(http: Http, address: string): Source<Item> => ({
  name: `GET ${address}`,
  open: (cursor, signal) =>
    http.open('GET', address, cursor === undefined ? {} : { headers: { 'last-event-id': cursor } }, signal),
});

/** An address, with the ids in it escaped. */
const fill = (path: string, ...ids: (string | number)[]): string =>
  path.replaceAll(/:\w+/g, () => encodeURIComponent(ids.shift()!));
