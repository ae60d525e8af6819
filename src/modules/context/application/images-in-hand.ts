import { Injectable } from '@nestjs/common';

/** Of the images that a process has in hand for requests to models at the same time, in bytes as they are stored. */
export const IMAGES_IN_HAND_LIMIT = 64 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * Bounds the memory that the images of requests to models take. Requests wait for room in the order in which they come; one
 * with more than the limit is alone.
 */
@Injectable()
export class ImagesInHand {
  private held = 0;
  private readonly queue: Waiting[] = [];

  /** What one call to a model holds, with its retries: nothing yet. */
  hold(): ImagesHold {
    return new ImagesHold(this);
  }

  /** Waits for room. @throws the signal's reason */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.queue.length === 0 && this.hasRoomFor(bytes)) {
      this.held += bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        this.held += bytes;
        resolve();
      };
      const waiting = { bytes, enter };
      const leave = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        this.admit(); // smaller ones that came after it may have room
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(waiting);
    });
  }

  give(bytes: number): void {
    this.held -= bytes;
    this.admit();
  }

  private admit(): void {
    while (this.queue.length > 0 && this.hasRoomFor(this.queue[0]!.bytes)) this.queue.shift()!.enter();
  }

  private hasRoomFor(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= IMAGES_IN_HAND_LIMIT;
  }
}

export class ImagesHold {
  private bytes = 0;

  constructor(private readonly hand: ImagesInHand) {}

  /**
   * Holds this many bytes in place of what it held, which is released first: two that wait for more never wait for each other.
   * @throws the signal's reason
   */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    this.release();
    if (bytes === 0) return;
    await this.hand.take(bytes, signal);
    this.bytes = bytes;
  }

  release(): void {
    const { bytes } = this;
    this.bytes = 0;
    this.hand.give(bytes);
  }
}
