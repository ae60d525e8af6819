import { ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { Request } from 'express';

const users = new WeakMap<Request, string>();

/** Called once per request, by whoever has found out. */
export const setUserId = (request: Request, userId: string): void => void users.set(request, userId);

/** The id of the user who asks; undefined where nobody has to say so, or has not. */
export const findUserId = (request: Request): string | undefined => users.get(request);

/** The id of the user who asks. @throws Error on a route that is open to everybody, which is a defect */
export function userIdOf(request: Request): string {
  const userId = users.get(request);
  if (userId === undefined) throw new Error('nobody was authenticated on this route');
  return userId;
}

/** The same, as a parameter of a route. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): string =>
  userIdOf(context.switchToHttp().getRequest<Request>()),
);
