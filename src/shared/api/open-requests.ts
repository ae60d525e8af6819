import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { BehaviorSubject, Observable, filter, firstValueFrom } from 'rxjs';
import { atMost } from '../application/at-most.js';
import { Shutdown } from '../application/shutdown.js';

/** How long the shutdown waits for clients to read their responses. */
const LIMIT_MS = 5_000;

/** Tracks the requests in progress: the shutdown answers them before it closes their connections. */
@Injectable()
export class OpenRequests {
  private readonly open$ = new BehaviorSubject(0);

  /** The number of requests in progress, event streams among them; emits at each beginning and end. */
  readonly count$: Observable<number> = this.open$.asObservable();

  constructor(shutdown: Shutdown) {
    shutdown.register('answer_requests', () => {
      const allAnswered = firstValueFrom(this.open$.pipe(filter((open) => open === 0)));
      return atMost(LIMIT_MS, allAnswered, shutdown.forced);
    });
  }

  readonly track = (_request: Request, response: Response, next: NextFunction): void => {
    this.open$.next(this.open$.value + 1);
    response.once('close', () => this.open$.next(this.open$.value - 1));
    next();
  };
}
