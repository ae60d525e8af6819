import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { Clock } from '../domain/clock.js';
import { Ids } from '../domain/ids.js';

/** The counter begins in the lower half of its 32 bits, so that it does not overflow. */
const COUNTER_BEGINS_BELOW = 2 ** 31;

/**
 * UUIDs of version 7 (RFC 9562) by the database's clock: lists are ordered by id, whichever process made it. Ids of one
 * process always grow; a counter orders those of one millisecond.
 */
@Injectable()
export class UuidV7Ids extends Ids {
  private msecs = 0;
  private seq = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  next(): string {
    const msecs = this.clock.now().getTime();
    this.seq = msecs > this.msecs ? randomInt(COUNTER_BEGINS_BELOW) : this.seq + 1;
    this.msecs = Math.max(this.msecs, msecs);
    return v7({ msecs: this.msecs, seq: this.seq });
  }
}
