import { CallHandler, ExecutionContext, HttpStatus, Injectable, NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { Observable, map } from 'rxjs';

/** What a route returns that decides on its status or headers while it handles a request. */
export class Answer<Body = unknown> {
  constructor(
    readonly status: HttpStatus,
    readonly body?: Body,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** 202 for an input that is accepted now, 200 for a repeated request. */
  static accepted<Body>({ repeated }: { readonly repeated: boolean }, body: Body): Answer<Body> {
    return new Answer(repeated ? HttpStatus.OK : HttpStatus.ACCEPTED, body);
  }
}

/** Puts the status and headers of an Answer on the response, and leaves its body to be sent like any other. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map((result) => {
        if (!(result instanceof Answer)) return result;
        response.status(result.status).set(result.headers);
        return result.body;
      }),
    );
  }
}
