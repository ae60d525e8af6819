import { Injectable } from '@nestjs/common';
import { RepositoryType } from '../../application/unit-of-work.js';
import { RepositoryContext } from './repository-context.js';

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
