import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound } from '../../sessions/index.js';
import { SetWorkspace } from '../application/set-workspace.js';
import { ViewWorkspace } from '../application/view-workspace.js';
import { SetWorkspaceDto, WorkspaceDto } from './workspace.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

@ApiTags('workspaces')
@Controller('v1/sessions/:session_id/workspace')
export class WorkspaceController {
  constructor(
    private readonly viewWorkspace: ViewWorkspace,
    private readonly setWorkspace: SetWorkspace,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getWorkspace', summary: 'The workspace that a session is about' })
  @ApiOkResponse({ standardSchema: WorkspaceDto })
  @ApiProblems({ 404: ['session.not_found', 'workspace.not_found'] })
  view(@CurrentUser() userId: string, @Param('session_id', SESSION_ID) sessionId: string) {
    return this.viewWorkspace.execute({ userId, sessionId });
  }

  @Put()
  @ApiOperation({
    operationId: 'setWorkspace',
    summary: 'Say which workspace a session is about',
    description:
      'Takes the place of all that was said before. Agents are told from the next run on. Send hashes of instructions; `blob.missing` lists those whose content you have to send.',
  })
  @ApiOkResponse({ standardSchema: WorkspaceDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found'],
    409: ['session.archived', 'blob.missing', 'blob.quota_exceeded'],
  })
  set(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: SetWorkspaceDto }) { git, instructions, ...workspace }: SetWorkspaceDto,
  ) {
    const given = instructions.map(({ path, hash, content }) =>
      content === undefined ? { path, hash: hash! } : { path, content },
    );
    return this.setWorkspace.execute({
      userId,
      sessionId,
      workspace: { ...workspace, instructions: given },
      git,
    });
  }
}
