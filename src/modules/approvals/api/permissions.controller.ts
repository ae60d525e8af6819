import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { PageQueryDto, idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { ApprovalQueries } from '../application/approval.queries.js';
import { TakeBackPermissions } from '../application/take-back-permissions.js';
import { PermissionNotFound } from '../domain/approval.errors.js';
import { toPermissionView } from '../domain/permission-view.js';
import { PermissionListDto } from './permissions.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

@ApiTags('permissions')
@Controller('v1/sessions/:session_id/permissions')
export class PermissionsController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly approvals: ApprovalQueries,
    private readonly takeBack: TakeBackPermissions,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listPermissions',
    summary: 'What you have allowed for the rest of a session, newest first',
  })
  @ApiOkResponse({ standardSchema: PermissionListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Query({ schema: PageQueryDto }) { limit, cursor }: PageQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit, cursor: idCursor(cursor) };
    return toListDto(await this.approvals.listPermissions(sessionId, page), toPermissionView);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'takeBackPermissions',
    summary: 'Take back all that you have allowed for the rest of a session',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 404: ['session.not_found'] })
  async takeBackAll(@CurrentUser() userId: string, @Param('session_id', SESSION_ID) sessionId: string) {
    await this.takeBack.execute({ userId, sessionId });
  }

  @Delete(':permission_id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'takeBackPermission', summary: 'Take back one of them' })
  @ApiNoContentResponse()
  @ApiProblems({ 404: ['session.not_found', 'permission.not_found'] })
  async takeBackOne(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Param('permission_id', new IdPipe(PermissionNotFound)) permissionId: string,
  ) {
    await this.takeBack.execute({ userId, sessionId, permissionId });
  }
}
