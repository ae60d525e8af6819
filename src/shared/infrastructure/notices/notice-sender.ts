import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { InstanceId } from '../../application/instance-id.js';
import { runDetached } from '../../application/log-context.js';
import { PreviousRelease } from '../events/previous-release.js';
import { outsideOpenWaits } from '../persistence/open-waits.js';
import { ThrottledWarning } from '../throttled-warning.js';
import { NoticeConnection } from './notice-connection.js';
import { Notice, NOTICES_CHANNEL } from './notice.js';
import { Peers } from './peers.js';
import { toPreviousRelease } from './previous-release-channels.js';
import { RedisNotices } from './redis-notices.js';

/**
 * Sends notices to the other instances, one at a time: what comes while one is on its way goes with the next. A notice
 * that could not be sent waits for the next heartbeat or connection. None is sent while this process is the only one.
 */
@Injectable()
export class NoticeSender {
  private readonly trouble = new ThrottledWarning(new Logger(NoticeSender.name));
  private pending = new Notice();
  /** What could not be sent. Later notices go without it, so that it is not sent again with each of them. */
  private failed = new Notice();
  /** What was not sent, since there was no peer. */
  private kept = new Notice();
  private sending: Promise<void> | undefined;

  constructor(
    private readonly connection: NoticeConnection,
    private readonly redis: RedisNotices,
    private readonly peers: Peers,
    private readonly previous: PreviousRelease,
    private readonly instance: InstanceId,
  ) {}

  /** No other process is there to hear a notice. */
  get isAlone(): boolean {
    return this.peers.areNone && !this.previous.isPresent;
  }

  send(notice: Notice): void {
    if (this.isAlone) {
      this.kept.addAll(notice);
      return;
    }
    this.pending.addAll(notice);
    this.start();
  }

  /** Sends again what could not be sent. */
  resume(): void {
    this.pending.addAll(this.failed);
    this.failed = new Notice();
    this.start();
  }

  /** What was not sent since the last time this was asked, for want of a peer. */
  takeKept(): Notice {
    const { kept } = this;
    this.kept = new Notice();
    return kept;
  }

  /** Resolves when everything is sent, also what could not be sent before, or cannot be sent now. */
  async flushed(): Promise<void> {
    this.resume();
    await this.sending;
  }

  private start(): void {
    if (this.pending.isEmpty) return;
    this.sending ??= runDetached(() => outsideOpenWaits(() => this.sendAll()));
  }

  private async sendAll(): Promise<void> {
    // What is stored in one turn of the event loop is told together.
    await nextTurn();
    while (!this.pending.isEmpty) {
      const notice = this.pending;
      this.pending = new Notice();
      try {
        await this.sendOne(notice);
      } catch (error) {
        this.trouble.warn(error, 'a notice could not be sent; it is repeated');
        this.failed.addAll(notice);
      }
    }
    this.sending = undefined;
  }

  private async sendOne(notice: Notice): Promise<void> {
    const payloads = notice.toPayloads(this.instance.value);
    const hasReachedAll = (await this.redis.publish(this.peers.ids, payloads)) && this.peers.areKnown;
    const notifications = [
      ...(hasReachedAll ? [] : payloads.map((payload) => ({ channel: NOTICES_CHANNEL, payload }))),
      ...(this.previous.isPresent ? toPreviousRelease(notice, this.instance.value) : []),
    ];
    if (notifications.length > 0) await this.connection.notify(notifications);
  }
}
