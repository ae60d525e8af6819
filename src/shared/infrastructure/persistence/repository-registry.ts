import { Injectable } from '@nestjs/common';
import { RepositoryType } from '../../application/unit-of-work.js';
import { RepositoryContext } from './repository-context.js';

/** The adapter of each repository port. Modules register theirs at startup. */
@Injectable()
export class RepositoryRegistry {
  private readonly factories = new Map<RepositoryType<unknown>, (context: RepositoryContext) => unknown>();

  register<R>(port: RepositoryType<R>, factory: (context: RepositoryContext) => R): void {
    this.factories.set(port, factory);
  }

  /** @throws Error for a port without adapter, which is a defect of the composition */
  create<R>(port: RepositoryType<R>, context: RepositoryContext): R {
    const factory = this.factories.get(port);
    if (!factory) throw new Error(`No adapter is registered for ${port.name}`);
    return factory(context) as R;
  }
}
