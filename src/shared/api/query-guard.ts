import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { Request } from 'express';
import { InputInvalid } from '../domain/domain-error.js';
import { PROTECTED_PATH } from './authentication.js';

/**
 * Refuses a query string on routes that take none, so that a misplaced parameter is not ignored. Routes with
 * parameters have a schema. Probes and scrapes may carry any query.
 */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { path, query } = context.switchToHttp().getRequest<Request>();
    const unknown = Object.keys(query);
    if (unknown.length === 0 || !path.startsWith(PROTECTED_PATH) || takesQuery(context)) return true;
    throw new InputInvalid([{ field: unknown[0]!, message: 'is not known here' }]);
  }
}

function takesQuery(context: ExecutionContext): boolean {
  const parameters: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
