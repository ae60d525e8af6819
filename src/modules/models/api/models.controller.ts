import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
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
  @ApiOperation({ summary: 'The models of this installation' })
  @ApiOkResponse({ standardSchema: ModelListDto })
  list() {
    const data = this.models.all().map((model) =>
      toModelDto(model, {
        isDefault: model === this.models.default,
        isAvailable: this.availability.isAvailable(model),
      }),
    );
    return { data, has_more: false, next_cursor: null };
  }
}
