import { AnswerPiece } from '../../application/delta-log.js';
import { DomainEvent } from '../../domain/domain-event.js';

/** A piece of an answer, accepted only if its token is that of the run's current writer. */
export type Piece = DomainEvent<AnswerPiece['type']> & { readonly heldBy: string };

/** A connection that can run statements: that of a transaction, or one of its own. */
export interface Querying {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}
