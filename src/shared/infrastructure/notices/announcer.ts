import { Injectable } from '@nestjs/common';
import { StoredEvent } from '../../application/event-stream.js';
import { EventHub } from '../events/event-hub.js';
import { ACTIVITY, activityOf } from './activity-topic.js';
import { NoticeHandlers } from './notice-handlers.js';
import { NoticeSender } from './notice-sender.js';
import { Notice, SESSIONS } from './notice.js';

/** Tells of what was stored, in this process and then in the others. Called after each commit, by those that store. */
@Injectable()
export class Announcer {
  constructor(
    private readonly hub: EventHub,
    private readonly handlers: NoticeHandlers,
    private readonly sender: NoticeSender,
  ) {}

  /** @param notice what else is new than the events */
  stored(events: readonly StoredEvent[], notice = new Notice()): void {
    this.hub.publish(events);
    this.tell(notice.add(ACTIVITY, activityOf(events)), events);
  }

  /** The answer to the commit was lost: readers look into the log. */
  perhapsStored(events: readonly { readonly sessionId: string }[], notice = new Notice()): void {
    this.hub.wake(events.map(({ sessionId }) => sessionId));
    this.tell(notice, events);
  }

  private tell(notice: Notice, events: readonly { readonly sessionId: string }[]): void {
    this.handlers.deliver(notice);
    this.sender.send(
      notice.add(
        SESSIONS,
        events.map(({ sessionId }) => sessionId),
      ),
    );
  }
}
