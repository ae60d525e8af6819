import { Injectable } from '@nestjs/common';
import { InstanceId } from '../../../../shared/application/instance-id.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { Lease } from '../../../../shared/domain/lease.js';

/** Makes the leases of this process. */
@Injectable()
export class Leases {
  constructor(
    private readonly instance: InstanceId,
    private readonly ids: Ids,
  ) {}

  /** A lease with a new token. */
  next(): Lease {
    return { owner: this.instance.value, token: this.ids.next() };
  }
}
