import { Injectable, Logger } from '@nestjs/common';
import { FieldFault } from '../../../shared/domain/domain-error.js';
import { AskBeside, Asker, ModelAnswer, ModelCatalog } from '../../models/index.js';
import { JobFailed, JobRepository } from '../../jobs/index.js';
import { SynopsisContent } from '../domain/synopsis-content.js';
import { SynopsisAttempt } from './synopsis-attempt.js';
import { SynopsisFormat } from './synopsis-format.js';

/** Asks the model for a synopsis, as the agent of the job. */
@Injectable()
export class AskAgent {
  private readonly logger = new Logger(AskAgent.name);

  constructor(
    private readonly beside: AskBeside,
    private readonly models: ModelCatalog,
    private readonly format: SynopsisFormat,
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

  private answer({ job, agent, signal }: SynopsisAttempt, task: string): Promise<ModelAnswer> {
    const asker: Asker = {
      sessionId: job.sessionId,
      owner: { jobId: job.id },
      agent: agent.id,
      purpose: 'synopsis',
      hold: (tx) => tx.get(JobRepository).getHeld(job.id, job.leaseToken!),
      signal,
    };
    return this.beside.answer(asker, {
      model: this.models.helping(agent),
      messages: [
        { role: 'system', content: agent.prompt },
        { role: 'user', content: task },
      ],
      tools: [],
      responseFormat: { name: 'synopsis', schema: this.format.schema },
    });
  }
}

const inWords = ({ field, message }: FieldFault): string => `${field}: ${message}`;

const complaintAbout = (faults: readonly FieldFault[]): string => `\
You were asked this before, and your answer did not keep to the format:

${faults.map((fault) => `- ${inWords(fault)}`).join('\n')}

Answer again, with the whole synopsis.`;
