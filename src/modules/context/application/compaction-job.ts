import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { callUsageView } from '../../../shared/domain/token-usage.js';
import { AgentDirectory, EquippedAgent, StoredAgents, equip } from '../../agents/index.js';
import {
  Job,
  JobFailed,
  JobHandler,
  JobRepository,
  JobRequest,
  JobState,
  JobWork,
} from '../../jobs/index.js';
import { LlmCallQueries, LlmCallRepository, ModelCatalog, answeringModel } from '../../models/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { ToolCatalog } from '../../tools/index.js';
import { WorkspaceReader } from '../../workspaces/index.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { CheckpointQueries } from './checkpoint.queries.js';
import { CompactThread } from './compact-thread.js';
import { fixedFor } from './context-view.js';

/** The type of these jobs. */
export const COMPACTION = 'compaction';

/** What the main history goes on with. */
interface Answering {
  readonly agent: EquippedAgent;
  /** The id of the model. */
  readonly model: string;
  readonly workspaceDigest: string | null;
}

/** Compacts the main history of a session because a user asks for it. Messages are taken meanwhile. */
@Injectable()
export class CompactionJob implements JobHandler {
  constructor(
    private readonly agents: AgentDirectory,
    private readonly catalog: ToolCatalog,
    private readonly workspaces: WorkspaceReader,
    private readonly models: ModelCatalog,
    private readonly calls: LlmCallQueries,
    private readonly checkpoints: CheckpointQueries,
    private readonly compactThread: CompactThread,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
  ) {}

  accept({ query }: JobRequest): JsonObject {
    return query === undefined ? {} : { instructions: query };
  }

  /** Each attempt starts from the beginning: answers to the requests of a dead worker are lost. */
  async begin(tx: Transaction, job: Job): Promise<JobWork> {
    const { sessionId, userId } = job.snapshot();
    const session = await tx.get(SessionRepository).peek(sessionId, userId);
    session.requireOpen();
    await this.abandon(tx, job);
    const known = await this.agents.ofSession(userId, session.agent, tx.get(StoredAgents));
    const agent = equip(known, session.snapshot());
    const model = answeringModel(session.snapshot().model, agent, this.models).id;
    const { workspaceDigest } = session.snapshot();
    return (started, signal) => this.execute(started, { agent, model, workspaceDigest }, signal);
  }

  async abandon(tx: Transaction, job: Job): Promise<void> {
    await tx.get(LlmCallRepository).abortOpen({ jobId: job.id }, this.clock.now());
  }

  private async execute(
    job: JobState,
    { agent, model, workspaceDigest }: Answering,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const { id, sessionId, userId } = job;
    const written = await this.patience.read('read_checkpoint', signal, async () =>
      this.checkpoints.writtenBy(sessionId, await this.calls.idsOfJob(id)),
    );
    // A worker that died has stored it.
    if (written) return this.resultOf(job, written);
    const before = await this.newest(job, signal);
    const { instructions } = job.payload;
    const tools = await this.patience.read('read_tools', signal, () => this.catalog.now(sessionId, agent));
    const workspace = await this.patience.read('read_workspace', signal, () =>
      this.workspaces.read({ userId, sessionId, workspaceDigest }),
    );
    const checkpoint = await this.compactThread.execute({
      ...{ sessionId, thread: 'main', agent: agent.id, model, reason: 'request' },
      fixed: fixedFor(agent, tools, workspace),
      ...(typeof instructions === 'string' && { instructions }),
      work: {
        owner: { runId: null, jobId: id },
        hold: (tx) => tx.get(JobRepository).getHeld(id, job.leaseToken!),
        signal,
      },
    });
    if (checkpoint) return this.resultOf(job, checkpoint);
    if ((await this.newest(job, signal))?.id !== before?.id) {
      const message = 'The context was compacted or edited again and again meanwhile';
      throw new JobFailed('context.checkpoint_changed', message, true);
    }
    throw new JobFailed(
      'context.nothing_to_compact',
      'There is nothing that a checkpoint could replace',
      false,
    );
  }

  private newest({ sessionId }: JobState, signal: AbortSignal): Promise<Checkpoint | undefined> {
    return this.patience.read('read_checkpoint', signal, () => this.checkpoints.newest(sessionId, 'main'));
  }

  private async resultOf(job: JobState, { id, tokens }: Checkpoint): Promise<JsonObject> {
    const usage = await this.calls.usageOfJob(job.id);
    return {
      checkpoint_id: id,
      tokens,
      usage: callUsageView(usage),
      unknown_calls: usage.unknownCalls,
    };
  }
}
