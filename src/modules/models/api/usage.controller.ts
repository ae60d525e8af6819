import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { dayCursor, idCursor, nameCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { ListUsage } from '../application/list-usage.js';
import { UsageListDto, UsageQueryDto, toUsageSumDto } from './usage.dto.js';

const CURSORS = { day: dayCursor, model: nameCursor, agent: nameCursor, session: idCursor };

@ApiTags('usage')
@Controller('v1/usage')
export class UsageController {
  constructor(private readonly listUsage: ListUsage) {}

  @Get()
  @ApiOperation({
    operationId: 'listUsage',
    summary: 'What your calls of models have used, by day, model, agent or session',
  })
  @ApiOkResponse({ standardSchema: UsageListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async list(@CurrentUser() userId: string, @Query({ schema: UsageQueryDto }) query: UsageQueryDto) {
    const { group_by: group, from, to, limit } = query;
    const cursor = CURSORS[group](query.cursor);
    return toListDto(await this.listUsage.execute({ userId, group, from, to, limit, cursor }), toUsageSumDto);
  }
}
