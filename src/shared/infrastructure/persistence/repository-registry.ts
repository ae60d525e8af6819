import { Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { RepositoryType } from '../../application/unit-of-work.js';
import { DomainEvent } from '../../domain/domain-event.js';

/** What a repository gets to work with: the connection of its transaction, and where its aggregates' events go. */
export interface RepositoryContext {
  readonly manager: EntityManager;
  record(...events: DomainEvent[]): void;
}

/** Which adapter serves which repository port. Modules register theirs when they start. */
@Injectable()
export class RepositoryRegistry {
  private readonly factories = new Map<RepositoryType<unknown>, (context: RepositoryContext) => unknown>();

  register<R>(port: RepositoryType<R>, factory: (context: RepositoryContext) => R): void {
    this.factories.set(port, factory);
  }

  /** @throws Error when no adapter is registered, which is a defect of the composition */
  create<R>(port: RepositoryType<R>, context: RepositoryContext): R {
    const factory = this.factories.get(port);
    if (!factory) throw new Error(`No adapter is registered for ${port.name}`);
    return factory(context) as R;
  }
}
