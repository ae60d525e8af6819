import { Injectable } from '@nestjs/common';
import { Ids } from '../domain/ids.js';

/** The id of this process among those that share a database. */
@Injectable()
export class InstanceId {
  readonly value: string;

  constructor(ids: Ids) {
    this.value = ids.next();
  }
}
