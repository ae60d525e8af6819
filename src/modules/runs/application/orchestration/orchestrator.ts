import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Tracing, errorTypeOf, failSpan } from '../../../../shared/application/tracing.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { ConversationQueries, shownContent } from '../../../conversations/index.js';
import { PlanQueries, PlanState } from '../../../plans/index.js';
import { Step, nextStep } from '../../domain/next-step.js';
import { RunError } from '../../domain/run-failure.js';
import { RunState } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { AdvancePlan } from './advance-plan.js';
import { AskAgentStep } from './ask-agent-step.js';
import { ClassifyTask } from './classify-task.js';
import { RunDetached, endStopped } from '../lifecycle/endings.js';
import { RunAtWork, RunQueries } from '../run.queries.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { COMPLETED, StepEnd } from './step-end.js';

type WorkStep = Exclude<Step, 'rest'>;

/** A run and the lease of the process that executes it. */
export type LeasedRun = Pick<RunState, 'id' | 'leaseToken'>;

/**
 * Executes a run: read its state, decide the next step, do the slow work without a transaction, record the result;
 * until the run waits or is finished. All state is in the database, so that any process can begin at any step.
 */
@Injectable()
export class Orchestrator {
  private readonly logger = new Logger(Orchestrator.name);

  constructor(
    private readonly runs: RunQueries,
    private readonly conversations: ConversationQueries,
    private readonly classifyTask: ClassifyTask,
    private readonly askAgent: AskAgentStep,
    private readonly advancePlan: AdvancePlan,
    private readonly plans: PlanQueries,
    private readonly runWriter: RunWriter,
    private readonly patience: DatabasePatience,
    private readonly tracing: Tracing,
    private readonly clock: Clock,
  ) {}

  /**
   * @param token of the lease; if the run has another one, this process has nothing to do
   * @param stored the run as it was just stored; read from the database if not given
   * @returns the run when it waits or is finished, if this process knows it
   * @throws LeaseLost, RunDetached when another process continues it
   */
  async run(
    runId: string,
    token: string,
    signal: AbortSignal,
    stored?: RunAtWork,
  ): Promise<RunState | undefined> {
    let classifiedMs: number | undefined;
    for (let known = stored; ; known = undefined) {
      const run = known ?? (await this.patience.read('read_run', signal, () => this.runs.state(runId)));
      if (run.leaseToken !== token) return undefined;
      if (signal.reason instanceof RunDetached) throw signal.reason;
      const plan = await this.planOf(run, signal);
      const step = nextStep(run, plan?.subtasks.some(({ status }) => status === 'running') ?? false);
      if (step === 'rest') return run;
      if (run.cancelRequestedAt)
        return this.end('cancel_run', run, (current) => current.cancel(this.clock.now()));
      if (signal.aborted) return this.stop(run, signal.reason);
      const { run: after, modelMs } = await this.report(step, run, () =>
        this.perform(step, run, plan, signal, classifiedMs),
      );
      if (step === 'classify') classifiedMs = modelMs;
      if (after && after.status !== 'running') return after;
    }
  }

  private async perform(
    step: WorkStep,
    run: RunAtWork,
    plan: PlanState | undefined,
    signal: AbortSignal,
    classifiedMs: number | undefined,
  ): Promise<StepEnd> {
    switch (step) {
      case 'classify':
        return this.classifyTask.classify(run, this.task(run, signal), signal);
      case 'ask_model':
        return this.askAgent.ask(run, plan, signal, classifiedMs);
      case 'advance_plan':
        return this.advancePlan.advance(run, signal);
    }
  }

  /** Logs each step and records its span. */
  private async report(step: WorkStep, run: RunState, work: () => Promise<StepEnd>): Promise<StepEnd> {
    const begunAt = performance.now();
    let outcome = '';
    const isInvocation = step === 'ask_model';
    const attributes = {
      'gen_ai.operation.name': isInvocation ? 'invoke_agent' : undefined,
      'gen_ai.agent.name': run.agent,
      'gen_ai.conversation.id': run.sessionId,
      'agent_runtime.run.id': run.id,
      'agent_runtime.run.attempt': run.attempt,
      'agent_runtime.step': step,
    };
    try {
      return await this.tracing.withSpan(
        isInvocation ? `invoke_agent ${run.agent}` : step,
        { attributes },
        async (span) => {
          const end = await work();
          outcome = end.outcome;
          if (outcome !== COMPLETED.outcome) failSpan(span, outcome);
          return end;
        },
      );
    } catch (error) {
      outcome = errorTypeOf(error);
      throw error;
    } finally {
      const durationMs = Math.round(performance.now() - begunAt);
      this.logger.log({ step, agent: run.agent, outcome, duration_ms: durationMs }, 'a step of a run ended');
    }
  }

  /** The plan that the run executes. */
  private async planOf({ id, phase }: RunState, signal: AbortSignal): Promise<PlanState | undefined> {
    if (phase !== 'plan_execution') return undefined;
    return this.patience.read('read_plan', signal, () => this.plans.findOpen(id));
  }

  /** Fails a run, with an error that clients may see. */
  async fail(run: LeasedRun, error: RunError): Promise<void> {
    await this.end('fail_run', run, (current) => current.fail(error, this.clock.now()));
  }

  /** Ends a stopped run. */
  stop(run: LeasedRun, reason: unknown): Promise<RunState | undefined> {
    return this.end('interrupt_run', run, (current) => endStopped(current, reason, this.clock.now()));
  }

  private end(operation: string, leased: LeasedRun, how: (run: Run) => void): Promise<RunState | undefined> {
    return this.patience.writeOutcome(operation, async (tx) => {
      const run = await tx.get(RunRepository).get(leased.id);
      // Finished although the answer to that commit was lost, or leased to another process.
      if (run.isFinal || run.snapshot().leaseToken !== leased.leaseToken) return undefined;
      how(run);
      await this.runWriter.save(tx, run);
      return run.snapshot();
    });
  }

  /** The task is the newest message: no message has followed it. */
  private async task(run: RunState, signal: AbortSignal): Promise<string> {
    const message = await this.patience.read('read_task', signal, () =>
      this.conversations.newest(run.sessionId, 'main'),
    );
    return message ? shownContent({ ...message, note: null }) : '';
  }
}
