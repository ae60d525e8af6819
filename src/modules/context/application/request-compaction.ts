import { Injectable } from '@nestjs/common';
import { AgentDirectory } from '../../agents/index.js';
import { EnqueueJob, EnqueuedJob } from '../../jobs/index.js';
import { SessionQueries } from '../../sessions/index.js';
import { COMPACTION } from './compaction-job.js';

export interface RequestCompactionCommand {
  readonly userId: string;
  readonly sessionId: string;
  /** What the checkpoint shall heed. */
  readonly instructions: string | undefined;
}

/** Has the main history of a session compacted in the background, in the name of its agent. */
@Injectable()
export class RequestCompaction {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly agents: AgentDirectory,
    private readonly enqueueJob: EnqueueJob,
  ) {}

  /** @throws SessionNotFound, SessionArchived, JobQuotaExceeded, ServerDraining */
  async execute({ userId, sessionId, instructions }: RequestCompactionCommand): Promise<EnqueuedJob> {
    const session = await this.sessions.view(sessionId, userId);
    const { id: agent } = await this.agents.ofSession(userId, session.agent);
    return this.enqueueJob.execute({
      ...{ userId, sessionId, agent, type: COMPACTION },
      query: instructions,
      memory: undefined,
    });
  }
}
