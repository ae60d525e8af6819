import { randomFillSync, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { Clock } from '../domain/clock.js';
import { Ids } from '../domain/ids.js';

/** The counter begins in the lower half of its 32 bits, so that it does not overflow. */
const COUNTER_BEGINS_BELOW = 2 ** 31;

/** Random bytes are asked for by the page: each request costs more than all of the rest of an id. */
const RANDOM_BYTES = 4096;
/** What an id is given; it uses six of them. */
const BYTES_OF_ID = 16;

/**
 * UUIDs of version 7 (RFC 9562) by the database's clock: lists are ordered by id, whichever process made it. Ids of one
 * process always grow; a counter orders those of one millisecond.
 */
@Injectable()
export class UuidV7Ids extends Ids {
  private msecs = 0;
  private seq = 0;
  private readonly random = new Uint8Array(RANDOM_BYTES);
  private used = RANDOM_BYTES;

  constructor(private readonly clock: Clock) {
    super();
  }

  next(): string {
    const msecs = this.clock.now().getTime();
    this.seq = msecs > this.msecs ? randomInt(COUNTER_BEGINS_BELOW) : this.seq + 1;
    this.msecs = Math.max(this.msecs, msecs);
    return v7({ msecs: this.msecs, seq: this.seq, random: this.nextRandom() });
  }

  private nextRandom(): Uint8Array {
    if (this.used === RANDOM_BYTES) {
      randomFillSync(this.random);
      this.used = 0;
    }
    return this.random.subarray(this.used, (this.used += BYTES_OF_ID));
  }
}
