import { PipeTransform } from '@nestjs/common';
import { DomainError } from '../domain/domain-error.js';
import { isId } from '../domain/ids.js';

/** Text that is not a UUID gets the same 404 as an unknown id. */
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly notFound: new (id: string) => DomainError) {}

  transform(id: string): string {
    if (!isId(id)) throw new this.notFound(id.slice(0, 100));
    // Lower case, as PostgreSQL writes UUIDs: ids are also compared as text.
    return id.toLowerCase();
  }
}
