import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Synopsis } from '../domain/synopsis.js';
import { SynopsisRepository } from '../domain/synopsis.repository.js';
import { SynopsisSchema, SynopsisVersionSchema } from './synopsis.row.js';

export class SqlSynopsisRepository extends SynopsisRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async find(sessionId: string): Promise<Synopsis | undefined> {
    const [state] = await this.context.find(SynopsisSchema, 'session_id = $1', [sessionId]);
    if (!state) return undefined;
    const live = 'session_id = $1 and version = $2';
    const [version] = await this.context.find(SynopsisVersionSchema, live, [sessionId, state.liveVersion]);
    return Synopsis.restore(state, version!);
  }

  async save(synopsis: Synopsis): Promise<void> {
    // Versions first, since the synopsis' row refers to the live one.
    for (const version of synopsis.pullVersions()) this.context.insert(SynopsisVersionSchema, version);
    const state = synopsis.snapshot();
    if (state.version === 0) this.context.insert(SynopsisSchema, { ...state, version: 1 });
    else this.context.update(SynopsisSchema, state);
    this.context.record(...synopsis.pullEvents());
  }
}
