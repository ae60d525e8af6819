import { EntityManager } from 'typeorm';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Synopsis } from '../domain/synopsis.js';
import { SynopsisRepository } from '../domain/synopsis.repository.js';
import { SynopsisSchema, SynopsisVersionSchema } from './synopsis.row.js';

export class TypeOrmSynopsisRepository extends SynopsisRepository {
  private readonly manager: EntityManager;

  constructor(private readonly context: RepositoryContext) {
    super();
    this.manager = context.manager;
  }

  async find(sessionId: string): Promise<Synopsis | undefined> {
    const state = await this.manager.findOneBy(SynopsisSchema, { id: sessionId });
    if (!state) return undefined;
    const live = { sessionId, version: state.liveVersion };
    return Synopsis.restore(state, await this.manager.findOneByOrFail(SynopsisVersionSchema, live));
  }

  async save(synopsis: Synopsis): Promise<void> {
    // Before the row that refers to the live one of them.
    await this.manager.insert(SynopsisVersionSchema, synopsis.pullVersions());
    const state = synopsis.snapshot();
    if (state.version === 0) this.context.insert(SynopsisSchema, { ...state, version: 1 });
    else this.context.update(SynopsisSchema, state);
    this.context.record(...synopsis.pullEvents());
  }
}
