import { CallHandler } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { EMPTY, lastValueFrom, of, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { EventFeed } from './event-feed.js';
import { LargeBodies } from './large-bodies.js';
import { SseTransport } from './sse-transport.js';
import { EventFeedInterceptor } from './streams-events.js';

const feed: EventFeed = { sessionId: 's', after: 0, open: () => EMPTY };

describe('the interceptor of feeds', () => {
  const response = {};
  const send = vi.fn();
  const intercept = (handler: CallHandler<EventFeed>) => {
    const interceptor = new EventFeedInterceptor({ send } as unknown as SseTransport, new LargeBodies());
    const context = new ExecutionContextHost([{}, response]);
    return lastValueFrom(interceptor.intercept(context, handler));
  };

  it('has the feed of a route written, and leaves the framework nothing to write', async () => {
    expect(await intercept({ handle: () => of(feed) })).toBeUndefined();
    expect(send.mock.calls).toEqual([[response, feed]]);
  });

  it('writes nothing where the route fails', async () => {
    const failed = intercept({ handle: () => throwError(() => new Error('not found')) });
    await expect(failed).rejects.toThrow('not found');
    expect(send).not.toHaveBeenCalled();
  });
});
