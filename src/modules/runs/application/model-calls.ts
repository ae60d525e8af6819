import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Journal } from '../../../shared/application/journal.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { Agent } from '../../agents/index.js';
import { LlmCall, LlmCallRepository } from '../../models/index.js';
import { RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { held } from './held-run.js';
import { SaveRun } from './save-run.js';

/** The ledger of model calls: a row before each request, settled after it. */
@Injectable()
export class ModelCalls {
  constructor(
    private readonly journal: Journal,
    private readonly saveRun: SaveRun,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** An answer shall become a message; a classification none. */
  next(run: RunState, agent: Agent, purpose: 'answer' | 'classification'): LlmCall {
    return {
      id: this.ids.next(),
      sessionId: run.sessionId,
      runId: run.id,
      jobId: null,
      messageId: purpose === 'answer' ? this.ids.next() : null,
      agent: agent.id,
      purpose,
      model: agent.model ?? this.config.defaultModel,
      startedAt: this.clock.now(),
    };
  }

  /**
   * Enters the call and counts it on its run, in one unit of work with whatever else belongs to its beginning.
   * @returns false where the run may not call any more: it is finished then
   */
  async begin(
    state: RunState,
    call: LlmCall,
    signal: AbortSignal,
    also?: (tx: Transaction) => void,
  ): Promise<boolean> {
    return this.journal.write('begin_model_call', signal, async (tx) => {
      const runs = tx.get(RunRepository);
      const run = await held(tx, state);
      if (!run.mayCallModel(this.config.modelCallLimit)) {
        run.exhaustModelCalls(this.config.modelCallLimit, this.clock.now());
        await this.saveRun.execute(tx, run);
        return false;
      }
      if (!(await tx.get(LlmCallRepository).start(call))) return true;
      run.beginModelCall();
      also?.(tx);
      await runs.save(run);
      return true;
    });
  }
}
