import { ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { Request } from 'express';

/** Without authentication there is one user: whoever reaches the loopback address. */
const LOCAL_USER = 'local';

/** The id of the user who asks. */
export const userIdOf = (_request: Request): string => LOCAL_USER;

/** The same, as a parameter of a route. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): string =>
  userIdOf(context.switchToHttp().getRequest<Request>()),
);
