import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { AgentRegistry } from '../application/agent-registry.js';
import { AgentDto, AgentListDto, toAgentDto } from './agents.dto.js';

@ApiTags('agents')
@Controller('v1/agents')
export class AgentsController {
  constructor(private readonly agents: AgentRegistry) {}

  @Get()
  @ApiOperation({ summary: 'The agents of this installation' })
  @ApiOkResponse({ standardSchema: AgentListDto })
  list() {
    return { data: this.agents.all().map(toAgentDto), has_more: false, next_cursor: null };
  }

  @Get(':agent_id')
  @ApiOperation({ summary: 'One agent' })
  @ApiOkResponse({ standardSchema: AgentDto })
  @ApiProblems({ 404: ['agent.not_found'] })
  view(@Param('agent_id') agentId: string) {
    return toAgentDto(this.agents.get(agentId));
  }
}
