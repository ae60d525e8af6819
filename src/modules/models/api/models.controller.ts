import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ShortListQueryDto, pageOfAll, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { ModelAvailability } from '../application/model-availability.js';
import { ModelCatalog } from '../application/model-catalog.js';
import { ModelListDto, toModelDto } from './models.dto.js';

@ApiTags('models')
@Controller('v1/models')
export class ModelsController {
  constructor(
    private readonly models: ModelCatalog,
    private readonly availability: ModelAvailability,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listModels', summary: 'The models of this installation' })
  @ApiOkResponse({ standardSchema: ModelListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  list(@Query({ schema: ShortListQueryDto }) query: ShortListQueryDto) {
    return toListDto(pageOfAll(this.models.all(), query), (model) =>
      toModelDto(model, {
        isDefault: model === this.models.default,
        isAvailable: this.availability.isAvailable(model),
      }),
    );
  }
}
