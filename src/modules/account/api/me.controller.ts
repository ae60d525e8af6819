import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { Installation } from '../application/installation.js';
import { MeDto } from './me.dto.js';

@ApiTags('account')
@Controller('v1/me')
export class MeController {
  constructor(private readonly installation: Installation) {}

  @Get()
  @ApiOperation({ operationId: 'getMe', summary: 'Who you are, and what the server is' })
  @ApiOkResponse({ standardSchema: MeDto })
  view(@CurrentUser() user: string): z.infer<typeof MeDto> {
    const { mode, version, model, offline, approvalModes } = this.installation;
    return { user, mode, version, model, offline, approval_modes: [...approvalModes] };
  }
}
