import { ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { Request } from 'express';

const users = new WeakMap<Request, string>();

/** Called once per request, by the authentication middleware. */
export const setUserId = (request: Request, userId: string): void => void users.set(request, userId);

/** The id of the user; undefined on public routes and before authentication. */
export const findUserId = (request: Request): string | undefined => users.get(request);

/** The id of the user. @throws Error on a public route, which is a defect */
export function userIdOf(request: Request): string {
  const userId = users.get(request);
  if (userId === undefined) throw new Error('no user was authenticated on this route');
  return userId;
}

/** The same, as a parameter of a route. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): string =>
  userIdOf(context.switchToHttp().getRequest<Request>()),
);
