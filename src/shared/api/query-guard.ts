import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { Request } from 'express';
import { InputInvalid } from '../domain/domain-error.js';
import { PROTECTED_PATH } from './authentication.js';

/**
 * Refuses a query string on routes that take none, so that a misplaced parameter is not ignored. Routes with
 * parameters have a schema, and no text in them may hold NUL, which PostgreSQL takes in no statement. Probes and scrapes
 * may carry any query.
 */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { path, query } = context.switchToHttp().getRequest<Request>();
    const given = Object.entries(query);
    if (takesQuery(context)) {
      const fault = given.find(([, value]) => typeof value === 'string' && value.includes('\0'));
      if (fault) throw new InputInvalid([{ field: fault[0], message: 'contains a NUL character' }]);
    } else if (given.length > 0 && path.startsWith(PROTECTED_PATH)) {
      throw new InputInvalid([{ field: given[0]![0], message: 'is not known here' }]);
    }
    return true;
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
