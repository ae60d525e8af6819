import { Injectable, Logger } from '@nestjs/common';
import { InstanceId } from '../../application/instance-id.js';
import { runDetached } from '../../application/log-context.js';
import { outsideOpenWaits } from '../persistence/open-waits.js';
import { Notice } from './notice.js';

/** @param from the instance that tells; this one as well */
type Handler = (texts: readonly string[], from: string) => void;

/** The handlers of notices in this process, by topic. */
@Injectable()
export class NoticeHandlers {
  private readonly logger = new Logger(NoticeHandlers.name);
  private readonly handlers = new Map<string, Handler>();

  constructor(private readonly instance: InstanceId) {}

  on(topic: string, handler: Handler): void {
    this.handlers.set(topic, handler);
  }

  /** @param from the instance whose notice it is; by default this one, whose handlers are told first */
  deliver(notice: Notice, from = this.instance.value): void {
    for (const topic of notice.topics) {
      try {
        // A later release may have topics that are unknown here.
        runDetached(() => outsideOpenWaits(() => this.handlers.get(topic)?.(notice.of(topic), from)));
      } catch (error) {
        this.logger.error({ err: error, topic }, 'a notice could not be handled');
      }
    }
  }

  /**
   * From any instance: those of this one are ignored, since they were delivered before they were sent.
   * @param refused topics that do not come this way
   */
  receive(payload: string, refused: readonly string[] = []): void {
    let received: ReturnType<typeof Notice.parse>;
    try {
      received = Notice.parse(payload);
    } catch (error) {
      this.logger.warn({ err: error }, 'a notice that cannot be read is ignored');
      return;
    }
    if (received.from !== this.instance.value) this.deliver(received.notice.without(refused), received.from);
  }
}
