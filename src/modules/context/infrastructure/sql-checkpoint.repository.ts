import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { CheckpointRepository } from '../domain/checkpoint.repository.js';
import { CheckpointChanged } from '../domain/context.errors.js';
import { CheckpointSchema, NEWEST_FIRST } from './checkpoint.row.js';

export class SqlCheckpointRepository extends CheckpointRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(checkpoint: Checkpoint): Promise<boolean> {
    const { id, sessionId, thread } = checkpoint;
    if (await this.context.insertNew(CheckpointSchema, checkpoint)) return true;
    const [same] = await this.context.find(CheckpointSchema, 'id = $1', [id]);
    if (same) return false;
    throw new CheckpointChanged(sessionId, (await this.newest(sessionId, thread))?.id ?? null);
  }

  async newest(sessionId: string, thread: string): Promise<Checkpoint | undefined> {
    const [newest] = await this.context.find(
      CheckpointSchema,
      `session_id = $1 and thread = $2 order by ${NEWEST_FIRST} limit 1`,
      [sessionId, thread],
    );
    return newest;
  }
}
