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
import type { Response } from 'express';
import { Observable, map } from 'rxjs';
import { EventFeed } from './event-feed.js';
import { EVENT_STREAM, SseTransport } from './sse-transport.js';
import { StreamLimit } from './stream-limit.js';

/** Writes the feed that a route returns. An error before that becomes an ordinary problem answer. */
@Injectable()
export class EventFeedInterceptor implements NestInterceptor<EventFeed, void> {
  constructor(private readonly transport: SseTransport) {}

  intercept(context: ExecutionContext, next: CallHandler<EventFeed>): Observable<void> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(map((feed) => this.transport.send(response, feed)));
  }
}

/** Accepts only methods that return a feed. */
type FeedRouteDecorator = <Route extends (...parameters: never[]) => Promise<EventFeed>>(
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
