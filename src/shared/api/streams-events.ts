import {
  CallHandler,
  ExecutionContext,
  Injectable,
  NestInterceptor,
  UseGuards,
  UseInterceptors,
  applyDecorators,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiProduces } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Observable, map } from 'rxjs';
import { EventFeed, HintFeed } from './event-feed.js';
import { LargeBodies } from './large-bodies.js';
import { EVENT_STREAM, SseTransport } from './sse-transport.js';
import { StreamLimit } from './stream-limit.js';

/** Writes the feed that a route returns. An error before that becomes an ordinary problem answer. */
@Injectable()
export class EventFeedInterceptor implements NestInterceptor<EventFeed | HintFeed, void> {
  constructor(
    private readonly transport: SseTransport,
    private readonly bodies: LargeBodies,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<EventFeed | HintFeed>): Observable<void> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      map((feed) => {
        this.bodies.release(http.getRequest<Request>());
        return this.transport.send(http.getResponse<Response>(), feed);
      }),
    );
  }
}

/** Accepts only methods that return a feed. */
type FeedRouteDecorator = <Route extends (...parameters: never[]) => Promise<EventFeed | HintFeed>>(
  controller: object,
  name: string | symbol,
  route: TypedPropertyDescriptor<Route>,
) => void;

/** Marks a route that returns a feed. */
export const IsStream = Reflector.createDecorator<true>();

/** A route that returns a feed. Refuses a user with too many open streams before the route runs. */
export const StreamsEvents = (): FeedRouteDecorator =>
  applyDecorators(
    IsStream(true),
    UseGuards(StreamLimit),
    UseInterceptors(EventFeedInterceptor),
    ApiProduces(EVENT_STREAM),
  );
