import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Clock } from '../../../shared/domain/clock.js';
import { FieldFault } from '../../../shared/domain/domain-error.js';
import { TokenUsage } from '../../../shared/domain/token-usage.js';
import { Ids } from '../../../shared/domain/ids.js';
import {
  LanguageModel,
  LlmCall,
  LlmCallOutcome,
  LlmCallRepository,
  ModelCatalog,
  ModelAnswer,
  ModelError,
  abortedCall,
  askWithRetries,
  completedCall,
  failedCall,
} from '../../models/index.js';
import { JobFailed, JobRepository } from '../../jobs/index.js';
import { SynopsisContent } from '../domain/synopsis-content.js';
import { SynopsisAttempt } from './synopsis-attempt.js';
import { SynopsisFormat } from './synopsis-format.js';

/** Asks the model for a synopsis, as the agent of the job. */
@Injectable()
export class AskAgent {
  private readonly logger = new Logger(AskAgent.name);

  constructor(
    private readonly model: LanguageModel,
    private readonly models: ModelCatalog,
    private readonly format: SynopsisFormat,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** @throws ModelError, JobFailed when it does not keep to the format, JobStop, LeaseLost */
  async execute(attempt: SynopsisAttempt, task: string): Promise<SynopsisContent> {
    const first = this.read(await this.answer(attempt, task));
    if (first.ok) return first.content;
    this.logger.warn({ faults: first.faults }, 'a synopsis does not keep to the format; the model is told');
    const second = this.read(await this.answer(attempt, `${task}\n\n${complaintAbout(first.faults)}`));
    if (second.ok) return second.content;
    const faults = second.faults.map(inWords).join('; ');
    throw new JobFailed(
      'synopsis.invalid_answer',
      `The model was asked twice, and its answer does not keep to the format of a synopsis: ${faults}`,
      false,
    );
  }

  private read({ content, finishReason }: ModelAnswer): ReturnType<SynopsisFormat['parse']> {
    const parsed = this.format.parse(content);
    if (parsed.ok || finishReason !== 'length') return parsed;
    return { ok: false, faults: [{ field: 'answer', message: 'broke off; it must be shorter' }] };
  }

  private answer(attempt: SynopsisAttempt, task: string): Promise<ModelAnswer> {
    const policy = {
      maxRetries: this.config.llm.maxRetries,
      signal: attempt.signal,
      onRetry: ({ code }: ModelError, retry: number) =>
        this.logger.warn({ code, retry }, 'the model is asked again'),
    };
    return askWithRetries(policy, (retry) => this.call(attempt, task, retry));
  }

  /** Makes one request, with its row in the ledger. */
  private async call(attempt: SynopsisAttempt, task: string, retry: number): Promise<ModelAnswer> {
    const { agent, signal } = attempt;
    const call = await this.begin(attempt);
    let answer: ModelAnswer;
    let used: TokenUsage | null = null;
    try {
      answer = await this.model.answer(
        {
          model: call.model,
          retry,
          messages: [
            { role: 'system', content: agent.prompt },
            { role: 'user', content: task },
          ],
          tools: [],
          responseFormat: { name: 'synopsis', schema: this.format.schema },
        },
        { onText: () => undefined, onUsed: (usage) => (used = usage) },
        signal,
      );
    } catch (error) {
      const now = this.clock.now();
      const outcome = signal.aborted ? abortedCall(used, now) : failedCall(codeOf(error), used, now);
      await this.settle(call, outcome);
      throw error;
    }
    await this.settle(call, completedCall(answer, this.clock.now()));
    return answer;
  }

  private async begin({ job, agent, signal }: SynopsisAttempt): Promise<LlmCall> {
    const call: LlmCall = {
      id: this.ids.next(),
      sessionId: job.sessionId,
      runId: null,
      jobId: job.id,
      messageId: null,
      agent: agent.id,
      purpose: 'synopsis',
      model: this.models.helping(agent),
      startedAt: this.clock.now(),
    };
    await this.patience.write('begin_synopsis_call', signal, async (tx) => {
      await tx.get(JobRepository).getHeld(job.id, job.leaseToken!);
      await tx.get(LlmCallRepository).start(call);
    });
    return call;
  }

  /** Without a check of the job's lease: only this process knows the outcome of the call. */
  private async settle({ id }: LlmCall, outcome: LlmCallOutcome): Promise<void> {
    await this.patience.writeOutcome('end_synopsis_call', async (tx) => {
      await tx.get(LlmCallRepository).settle(id, outcome);
    });
  }
}

const inWords = ({ field, message }: FieldFault): string => `${field}: ${message}`;

const complaintAbout = (faults: readonly FieldFault[]): string => `\
You were asked this before, and your answer did not keep to the format:

${faults.map((fault) => `- ${inWords(fault)}`).join('\n')}

Answer again, with the whole synopsis.`;

const codeOf = (error: unknown): { code: string } =>
  error instanceof ModelError ? error : { code: 'job.internal_error' };
