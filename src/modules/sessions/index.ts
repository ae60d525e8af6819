export { PassingContents } from './domain/passing-contents.js';
export { SESSION_EVENTS } from './api/session-events.dto.js';
export { SessionQueries } from './application/session.queries.js';
export { Session } from './domain/session.js';
export { SessionArchived, SessionBusy, SessionNotFound } from './domain/session.errors.js';
export { SessionRepository } from './domain/session.repository.js';
export { UnfinishedRuns } from './domain/unfinished-runs.js';
export { isOwned, joinSession } from './infrastructure/session-ownership.js';
export { SessionsModule } from './sessions.module.js';
