import { Controller, Get, HttpStatus, Param, Post, Req, StreamableFile } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { TakesNoKey } from '../../../shared/api/idempotency-key.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { BlobQueries } from '../application/blob.queries.js';
import { StoreImage } from '../application/store-image.js';
import { BlobNotFound, NotAnImage } from '../domain/blob.errors.js';
import { BlobDto, BlobIdDto, toImageView } from './blobs.dto.js';

const BINARY = { schema: { type: 'string', format: 'binary' } } as const;

/** Contents of instruction files are stored as well. */
const TEXT = 'text/plain; charset=utf-8';

/** What a user stored is shown, and never executed; a shared cache does not keep it. */
const HEADERS = {
  'cache-control': 'private, max-age=3600',
  'content-security-policy': "sandbox; default-src 'none'",
};

@ApiTags('blobs')
@Controller('v1/blobs')
export class BlobsController {
  constructor(
    private readonly storeImage: StoreImage,
    private readonly blobs: BlobQueries,
  ) {}

  @Post()
  @TakesNoKey()
  @ApiOperation({
    operationId: 'storeBlob',
    summary: 'Store an image (PNG, JPEG, WebP or GIF) by its bytes; the same one again has the same id',
  })
  @ApiConsumes('application/octet-stream')
  @ApiBody(BINARY)
  @ApiCreatedResponse({ standardSchema: BlobDto })
  @ApiProblems({
    400: ['blob.not_an_image', 'blob.image_malformed', 'blob.image_too_large'],
    409: ['blob.quota_exceeded'],
    503: ['database.unavailable', 'server.busy', 'server.draining'],
  })
  async store(@CurrentUser() userId: string, @Req() { body }: Request) {
    if (!(body instanceof Uint8Array)) throw new NotAnImage(); // nothing was sent
    const { id, ...image } = await this.storeImage.execute(userId, body);
    return { id, ...toImageView(image) };
  }

  @Get(':blob_id')
  @ApiOperation({ operationId: 'getBlob', summary: 'The bytes that were stored' })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse(BINARY)
  @ApiProblems({ 404: ['blob.not_found'] })
  async get(@CurrentUser() userId: string, @Param('blob_id') id: string) {
    const found = BlobIdDto.safeParse(id).success ? await this.blobs.find(userId, id) : undefined;
    if (!found) throw new BlobNotFound(id.slice(0, 100));
    const file = new StreamableFile(found.bytes, { type: found.image?.mediaType ?? TEXT });
    return new Answer(HttpStatus.OK, file, HEADERS);
  }
}
