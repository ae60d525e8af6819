import { Injectable } from '@nestjs/common';
import { toTraceparent } from '../../../../shared/application/trace-context.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { InputInvalid } from '../../../../shared/domain/domain-error.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { callUsageView } from '../../../../shared/domain/token-usage.js';
import { AgentDirectory, StoredAgents } from '../../../agents/index.js';
import { isPassing } from '../../../models/index.js';
import {
  ConversationQueries,
  MessageRepository,
  messageCreated,
  newMessage,
} from '../../../conversations/index.js';
import {
  JOB_CANCELLED,
  Job,
  JobError,
  JobFailed,
  JobHandler,
  JobRequest,
  JobStop,
  JobWork,
  agentVersionsOf,
  placeOfJob,
} from '../../../jobs/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { situationOf } from '../../../workspaces/index.js';
import { PERSISTENCE_FAILED, RECOVERY_EXHAUSTED, RunError } from '../../domain/run-failure.js';
import { RunState } from '../../domain/run-state.js';
import { unknownCallsOf } from '../../domain/run-usage.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { Leases } from '../lifecycle/leases.js';
import { CANCELLED, HANDED_OVER, LEASE_LOST, TIMED_OUT } from '../lifecycle/endings.js';
import { RunAtWork, RunQueries } from '../run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { TakeOverRun } from '../lifecycle/take-over-run.js';

/** Reasons that stop the run when its job is stopped. */
const REASONS: Readonly<Record<JobStop['kind'], Error>> = {
  cancelled: CANCELLED,
  timed_out: TIMED_OUT,
  released: HANDED_OVER,
  lost: LEASE_LOST,
};

/** Executes the job of an agent: each attempt is a run of its session, outside the conversation. */
@Injectable()
export class AgentJob implements JobHandler {
  constructor(
    private readonly runs: RunQueries,
    private readonly agents: AgentDirectory,
    private readonly conversations: ConversationQueries,
    private readonly supervisor: RunSupervisor,
    private readonly takeOver: TakeOverRun,
    private readonly runWriter: RunWriter,
    private readonly chooseModel: ChooseModel,
    private readonly modelCalls: ModelCalls,
    private readonly leases: Leases,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  accept({ query, memory }: JobRequest): JsonObject {
    if (query === undefined)
      throw new InputInvalid([{ field: 'query', message: 'is required for this agent' }]);
    return { query, ...(memory !== undefined && { memory }) };
  }

  async begin(tx: Transaction, job: Job): Promise<JobWork> {
    const { runId } = job.snapshot();
    if (runId === null) {
      const begun = await this.createRun(tx, job);
      return (_, signal) => this.executeRun(begun, signal);
    }
    const run = await tx.get(RunRepository).get(runId);
    // Otherwise the run has ended, and only the job does not know it.
    if (!run.isFinal) {
      await this.takeOver.takeOver(tx, run);
      if (run.isExhausted) run.fail(RECOVERY_EXHAUSTED, this.clock.now());
      await this.runWriter.save(tx, run);
    }
    return async (_, signal) => this.executeRun(await this.runs.state(runId), signal);
  }

  private async executeRun(run: RunAtWork, signal: AbortSignal): Promise<JsonObject> {
    const stop = new AbortController();
    const passOn = () => stop.abort(REASONS[(signal.reason as JobStop).kind]);
    signal.addEventListener('abort', passOn);
    if (signal.aborted) passOn();
    const end = await this.supervisor.startAndWait(run, stop.signal);
    return this.resultOf(end ?? (await this.runs.state(run.id)), signal);
  }

  async abandon(tx: Transaction, job: Job, error: JobError | null): Promise<void> {
    const { runId } = job.snapshot();
    if (runId === null) return;
    const run = await tx.get(RunRepository).get(runId);
    if (run.isFinal) return;
    if (error) run.fail(error, this.clock.now());
    else run.cancel(this.clock.now());
    await this.runWriter.save(tx, run);
  }

  private async createRun(tx: Transaction, job: Job): Promise<RunAtWork> {
    const { id: jobId, agent, sessionId, userId, payload } = job.snapshot();
    const session = await tx.get(SessionRepository).peek(sessionId, userId);
    session.requireOpen();
    const now = this.clock.now();
    const run = Run.create({
      ...{ id: this.ids.next(), sessionId, userId, agent, jobId, now },
      agentVersions: agentVersionsOf(job.snapshot()),
      traceparent: toTraceparent(placeOfJob(job.snapshot()).context),
      trigger: 'job',
    });
    run.activate({
      agent: this.chooseModel.agent(await this.agents.ofRun(run.snapshot(), agent, tx.get(StoredAgents))),
      choice: this.chooseModel.ofSession(session),
      workspaceDigest: session.snapshot().workspaceDigest,
      entry: 'receive_directed_message',
      lease: this.leases.next(),
      now,
    });
    const openCall = await this.modelCalls.createFirst(tx, run, null);
    const message = newMessage({
      id: this.ids.next(),
      sessionId,
      runId: run.id,
      jobId,
      role: 'user',
      content: taskOf(payload),
      note: situationOf(session.snapshot(), now),
      createdAt: now,
    });
    tx.record(messageCreated(message));
    await tx.get(RunRepository).add(run);
    await tx.get(MessageRepository).append(message);
    await this.modelCalls.openFirst(tx, run, openCall, null);
    job.attachRun(run.id);
    return { ...run.snapshot(), openCall };
  }

  /** @throws JobFailed, JobStop if the run has no answer */
  private async resultOf(run: RunState, signal: AbortSignal): Promise<JsonObject> {
    if (run.status === 'completed') {
      // The answer is the last message of its run.
      const thread = { jobId: run.jobId!, runId: run.id };
      const answer = await this.conversations.newest(run.sessionId, thread);
      const { usage } = run;
      return {
        text: answer?.content ?? '',
        usage: callUsageView(usage),
        unknown_calls: unknownCallsOf(usage),
      };
    }
    if (run.status === 'cancelled') throw JOB_CANCELLED;
    if (signal.aborted) throw signal.reason;
    const interrupted: RunError = { code: 'run.interrupted', message: `The run is ${run.status}` };
    const { code, message, retryAt } = run.error ?? interrupted;
    const mayPass = isPassing(code) || code === PERSISTENCE_FAILED.code;
    throw new JobFailed(code, message, mayPass, retryAt === undefined ? undefined : new Date(retryAt));
  }
}

/** The message to the agent: the task, and the memory given with it. */
function taskOf({ query, memory }: JsonObject): string {
  if (memory === undefined) return query as string;
  const known = typeof memory === 'string' ? memory : JSON.stringify(memory, null, 2);
  return `${query as string}\n\nWhat you should know:\n${known}`;
}
