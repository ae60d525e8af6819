import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { HintFeed } from '../../../shared/api/event-feed.js';
import { StreamsEvents } from '../../../shared/api/streams-events.js';
import { Activity } from '../../../shared/application/activity.js';
import { ActivityHintDto } from './activity.dto.js';

@ApiTags('events')
@Controller('v1/activity')
export class ActivityController {
  constructor(private readonly activity: Activity) {}

  @Get()
  @StreamsEvents()
  @ApiOperation({
    operationId: 'streamActivity',
    summary: 'Hints over all your sessions: what to fetch anew; stays open, and has no cursor',
  })
  @ApiOkResponse({ standardSchema: ActivityHintDto })
  async watch(@CurrentUser() userId: string): Promise<HintFeed> {
    return { hints: () => this.activity.watch(userId) };
  }
}
