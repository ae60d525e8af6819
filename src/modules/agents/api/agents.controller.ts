import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { ShortListQueryDto, pageOfAll, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { ArchiveAgent } from '../application/archive-agent.js';
import { SaveAgent } from '../application/save-agent.js';
import { ViewAgents } from '../application/view-agents.js';
import { AgentListDto, AgentQueryDto, AgentVersionDto, SaveAgentDto } from './agents.dto.js';

@ApiTags('agents')
@Controller('v1/agents')
export class AgentsController {
  constructor(
    private readonly views: ViewAgents,
    private readonly saveAgent: SaveAgent,
    private readonly archiveAgent: ArchiveAgent,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listAgents', summary: 'The agents of this installation, and yours' })
  @ApiOkResponse({ standardSchema: AgentListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async list(@CurrentUser() userId: string, @Query({ schema: ShortListQueryDto }) query: ShortListQueryDto) {
    return toListDto(pageOfAll(await this.views.list(userId), query), (agent) => agent);
  }

  @Get(':agent_id')
  @ApiOperation({ operationId: 'getAgent', summary: 'One agent, with its definition' })
  @ApiOkResponse({ standardSchema: AgentVersionDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['agent.not_found', 'agent.version_not_found'] })
  async view(
    @CurrentUser() userId: string,
    @Param('agent_id') id: string,
    @Query({ schema: AgentQueryDto }) { version }: AgentQueryDto,
  ) {
    return this.views.view(userId, id, version);
  }

  @Put(':agent_id')
  @ApiOperation({
    operationId: 'putAgent',
    summary: 'Define an agent of your own, or change it',
    description: 'A definition that differs from the newest version becomes the next. New runs use it.',
  })
  @ApiOkResponse({ standardSchema: AgentVersionDto })
  @ApiProblems({
    400: ['request.invalid'],
    409: ['agent.name_taken', 'agent.version_changed', 'agent.limit_reached'],
    503: ['database.unavailable'],
  })
  async save(
    @CurrentUser() userId: string,
    @Param('agent_id') id: string,
    @Body({ schema: SaveAgentDto }) { definition, based_on: basedOn }: SaveAgentDto,
  ) {
    return this.saveAgent.execute({ userId, id, definition, basedOn });
  }

  @Delete(':agent_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteAgent',
    summary: 'Take an agent of yours out of use',
    description: 'Runs that have begun with it end as they began; its sessions go on with the default agent.',
  })
  @ApiNoContentResponse({ description: 'It is deleted' })
  @ApiProblems({ 404: ['agent.not_found'], 409: ['agent.name_taken'], 503: ['database.unavailable'] })
  async delete(@CurrentUser() userId: string, @Param('agent_id') id: string): Promise<void> {
    await this.archiveAgent.execute({ userId, id });
  }
}
