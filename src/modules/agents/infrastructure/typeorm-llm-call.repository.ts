import { EntityManager } from 'typeorm';
import { LlmCall, LlmCallOutcome, LlmCallRepository } from '../domain/llm-call.js';
import { LlmCallSchema } from './llm-call.row.js';

export class TypeOrmLlmCallRepository extends LlmCallRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async start(call: LlmCall): Promise<boolean> {
    const result = await this.manager
      .createQueryBuilder()
      .insert()
      .into(LlmCallSchema)
      .values({ ...call, status: 'started' })
      .orIgnore()
      .returning('id')
      .execute();
    return (result.raw as unknown[]).length === 1;
  }

  async settle(callId: string, outcome: LlmCallOutcome): Promise<boolean> {
    const result = await this.manager.update(LlmCallSchema, { id: callId, status: 'started' }, outcome);
    return result.affected === 1;
  }

  async abortOpen(of: { runId: string } | { jobId: string }, at: Date): Promise<string[]> {
    const result = await this.manager
      .createQueryBuilder()
      .update(LlmCallSchema)
      .set({ status: 'aborted', finishedAt: at })
      .where({ ...of, status: 'started' })
      .returning('message_id')
      .execute();
    const rows = result.raw as { message_id: string | null }[];
    return rows.map((row) => row.message_id).filter((id) => id !== null);
  }
}
