import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { callUsageView } from '../../../shared/domain/token-usage.js';
import { AgentDirectory } from '../../agents/index.js';
import { LlmCallQueries, LlmCallRepository } from '../../models/index.js';
import {
  Job,
  JobFailed,
  JobHandler,
  JobRequest,
  JobState,
  JobWork,
  agentVersionsOf,
} from '../../jobs/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { SynopsisVersion } from '../domain/synopsis.js';
import { AskAgent } from './ask-agent.js';
import { GatherMaterial, NewMaterial } from './gather-material.js';
import { askForSynopsis } from './synopsis-prompt.js';
import { SynopsisQueries } from './synopsis.queries.js';
import { WriteSynopsis } from './write-synopsis.js';

/** The agent of these jobs. */
export const SYNOPSIS_AGENT = 'synopsis_manager';

/** Limit of the client's instructions, which are sent to the model together with the messages. */
const MAX_INSTRUCTIONS = 20_000;
/** The model is asked again each time a user's edit came first. */
const MAX_TRIES = 5;

/** Executes the jobs of the synopsis agent: sums up the new messages of a session. */
@Injectable()
export class SynopsisJob implements JobHandler {
  private readonly logger = new Logger(SynopsisJob.name);

  constructor(
    private readonly agents: AgentDirectory,
    private readonly queries: SynopsisQueries,
    private readonly calls: LlmCallQueries,
    private readonly gather: GatherMaterial,
    private readonly askAgent: AskAgent,
    private readonly write: WriteSynopsis,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
  ) {}

  accept({ query, memory }: JobRequest): JsonObject {
    const wish = { ...(query !== undefined && { query }), ...(memory !== undefined && { memory }) };
    if (JSON.stringify(wish).length > MAX_INSTRUCTIONS) {
      const message = `and memory must not be larger than ${MAX_INSTRUCTIONS} characters for this agent`;
      throw new InputInvalid([{ field: 'query', message }]);
    }
    return wish;
  }

  /** Each attempt starts from the beginning: answers to the requests of a dead worker are lost. */
  async begin(tx: Transaction, job: Job): Promise<JobWork> {
    const { sessionId, userId } = job.snapshot();
    await tx.get(SessionRepository).peek(sessionId, userId);
    await this.abandon(tx, job);
    return (started, signal) => this.execute(started, signal);
  }

  private async execute(job: JobState, signal: AbortSignal): Promise<JsonObject> {
    const agent = await this.patience.read('read_agent', signal, () =>
      this.agents.ofRun({ userId: job.userId, agentVersions: agentVersionsOf(job) }, job.agent),
    );
    const attempt = { job, agent, signal };
    let material: NewMaterial | undefined;
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const live = await this.patience.read('read_synopsis', signal, () =>
        this.queries.findLive(job.sessionId),
      );
      const after = live?.coversUpTo ?? 0;
      // A new version that covers the same messages needs no new material.
      if (material?.after !== after) material = await this.gather.execute(attempt, after);
      if (!material && live) return this.resultOf(job, live);
      if (!material) {
        throw new JobFailed('synopsis.nothing_to_cover', 'Nothing was said in the session yet', false);
      }
      const content = await this.askAgent.execute(attempt, askForSynopsis(live, material, job.payload));
      const basedOn = live?.version ?? 0;
      const written = await this.write.execute(attempt, { content, coverage: material, basedOn });
      if (written) return this.resultOf(job, written);
      this.logger.log(
        { based_on: basedOn, tries },
        'another version is live by now; trying again on that one',
      );
    }
    throw new JobFailed(
      'synopsis.changed_meanwhile',
      `The synopsis was edited ${MAX_TRIES} times while it was brought up to date`,
      true,
    );
  }

  async abandon(tx: Transaction, job: Job): Promise<void> {
    await tx.get(LlmCallRepository).abortOpen({ jobId: job.id }, this.clock.now());
  }

  private async resultOf(job: JobState, live: SynopsisVersion): Promise<JsonObject> {
    const usage = await this.calls.usageOfJob(job.id);
    return {
      version: live.version,
      title: live.title,
      covers_up_to: live.coversUpTo,
      usage: callUsageView(usage),
      unknown_calls: usage.unknownCalls,
    };
  }
}
