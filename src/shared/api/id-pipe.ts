import { PipeTransform } from '@nestjs/common';
import { DomainError } from '../domain/domain-error.js';
import { isId } from '../domain/ids.js';

/** What cannot be an id names nothing: the same answer as for one that nobody has. */
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly notFound: new (id: string) => DomainError) {}

  transform(id: string): string {
    if (!isId(id)) throw new this.notFound(id.slice(0, 100));
    // As the database writes it: ids are compared as text as well.
    return id.toLowerCase();
  }
}
