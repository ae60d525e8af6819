import { Problem } from '@agent-runtime/client';
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { runtime } from './runtime.ts';

/** Cached lists and records of the server. Hints and events only mark them as stale; they are never changed here. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // The client library repeats requests if that may help.
      retry: false,
      refetchOnWindowFocus: true,
      throwOnError: false,
    },
    mutations: { retry: false },
  },
});

export const me = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => runtime.account.me({ signal }),
  staleTime: Infinity,
});

export const agents = queryOptions({
  queryKey: ['agents'],
  queryFn: ({ signal }) => runtime.agents.list(undefined, { signal }).all(),
});

export const models = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => runtime.models.list(undefined, { signal }).all(),
});

export const SESSIONS_SHOWN = 60;

export const sessions = (q: string) =>
  queryOptions({
    queryKey: ['sessions', q],
    queryFn: async ({ signal }) => {
      const found = runtime.sessions.list(
        { archived: 'false', sort: 'updated_at', limit: SESSIONS_SHOWN, ...(q && { q }) },
        { signal },
      );
      if (!q) return (await found.page()).data;
      // A page of a search may be short although more follow.
      const all = [];
      for await (const session of found) if (all.push(session) >= SESSIONS_SHOWN) break;
      return all;
    },
    placeholderData: (before) => before,
  });

export const session = (id: string) =>
  queryOptions({
    queryKey: ['session', id],
    queryFn: ({ signal }) => runtime.sessions.get(id, { signal }),
  });

export const pendingApprovals = queryOptions({
  queryKey: ['approvals', 'pending'],
  queryFn: ({ signal }) => runtime.approvals.list({ status: 'pending' }, { signal }).all(),
});

export const sessionApprovals = (sessionId: string) =>
  queryOptions({
    queryKey: ['approvals', 'of-session', sessionId],
    queryFn: async ({ signal }) =>
      (await runtime.sessions.approvals(sessionId, { limit: 100 }, { signal }).page()).data,
  });

/** What the user has allowed for the rest of a session. */
export const sessionPermissions = (sessionId: string) =>
  queryOptions({
    queryKey: ['permissions', sessionId],
    queryFn: ({ signal }) => runtime.permissions.list(sessionId, undefined, { signal }).all(),
  });

/** The tools that clients have declared for a session. */
export const sessionTools = (sessionId: string) =>
  queryOptions({
    queryKey: ['tools', sessionId],
    queryFn: ({ signal }) => runtime.tools.list(sessionId, undefined, { signal }).all(),
  });

/** The calls of a session that are not settled, with who executes them. */
export const openCalls = (sessionId: string) =>
  queryOptions({
    queryKey: ['calls', sessionId],
    queryFn: ({ signal }) => runtime.toolCalls.list(sessionId, undefined, { signal }).all(),
  });

export const failedPlans = queryOptions({
  queryKey: ['plans', 'failed'],
  queryFn: async ({ signal }) =>
    (await runtime.plans.list({ status: 'failed', limit: 20 }, { signal }).page()).data,
});

export const waitingRuns = queryOptions({
  queryKey: ['runs', 'waiting'],
  queryFn: async ({ signal }) =>
    (await runtime.runs.list({ status: 'waiting', limit: 100 }, { signal }).page()).data,
});

export const plan = (id: string) =>
  queryOptions({ queryKey: ['plan', id], queryFn: ({ signal }) => runtime.plans.get(id, { signal }) });

export const sessionPlans = (sessionId: string) =>
  queryOptions({
    queryKey: ['plans', 'of-session', sessionId],
    queryFn: async ({ signal }) =>
      (await runtime.sessions.plans(sessionId, { limit: 20 }, { signal }).page()).data,
  });

export const run = (id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: ({ signal }) => runtime.runs.get(id, { signal }) });

export const sessionRuns = (sessionId: string) =>
  queryOptions({
    queryKey: ['runs', 'of-session', sessionId],
    queryFn: async ({ signal }) =>
      (await runtime.sessions.runs(sessionId, { limit: 20 }, { signal }).page()).data,
  });

export const context = (sessionId: string) =>
  queryOptions({
    queryKey: ['context', sessionId],
    queryFn: ({ signal }) => runtime.context.get(sessionId, { signal }),
  });

/** The bytes behind an id never change. */
export const blob = (id: string) =>
  queryOptions({
    queryKey: ['blob', id],
    queryFn: ({ signal }) => runtime.blobs.get(id, { signal }),
    staleTime: Infinity,
    gcTime: 60_000,
  });

/** The workspace of a session, as a client has set it. */
export const workspace = (sessionId: string) =>
  queryOptions({
    queryKey: ['workspace', sessionId],
    queryFn: ({ signal }) => runtime.sessions.workspace(sessionId, { signal }),
  });

export const synopsis = (sessionId: string) =>
  queryOptions({
    queryKey: ['synopsis', sessionId],
    queryFn: ({ signal }) => runtime.synopses.get(sessionId, { signal }),
  });

export const synopsisVersions = (sessionId: string) =>
  queryOptions({
    queryKey: ['synopsis', sessionId, 'versions'],
    queryFn: async ({ signal }) =>
      (await runtime.synopses.versions(sessionId, { limit: 50 }, { signal }).page()).data,
  });

export const synopsisVersion = (sessionId: string, version: number) =>
  queryOptions({
    queryKey: ['synopsis', sessionId, 'version', version],
    queryFn: ({ signal }) => runtime.synopses.version(sessionId, version, { signal }),
    staleTime: Infinity,
  });

export interface JobFilter {
  session_id?: string;
  status?: JobStatus;
  type?: string;
}

export const jobs = (filter: JobFilter) =>
  queryOptions({
    queryKey: ['jobs', filter],
    queryFn: async ({ signal }) =>
      (await runtime.jobs.list({ ...filter, limit: 100 }, { signal }).page()).data,
  });

export type JobStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export const job = (id: string) =>
  queryOptions({ queryKey: ['job', id], queryFn: ({ signal }) => runtime.jobs.get(id, { signal }) });

export type UsageGroup = 'day' | 'model' | 'agent' | 'session';

export const usage = (group: UsageGroup) =>
  queryOptions({
    queryKey: ['usage', group],
    queryFn: async ({ signal }) =>
      (await runtime.account.usage({ group_by: group, limit: 100 }, { signal }).page()).data,
  });

/** The text of a failure for people. */
export const wordsOf = (error: unknown): string => {
  if (error instanceof Problem) {
    return error.errors.map(({ field, message }) => `${field} ${message}`).join('; ') || error.detail;
  }
  return 'The server cannot be reached.';
};
