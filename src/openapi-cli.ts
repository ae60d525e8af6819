import { NestFactory } from '@nestjs/core';
import { ApiModule } from './api.module.js';
import { generatedFile } from './generated-file.js';
import { describeApi } from './openapi.js';

/** The document, without a database: in preview mode Nest instantiates nothing. */
async function document(): Promise<string> {
  const app = await NestFactory.create(ApiModule, { preview: true, logger: ['error'] });
  const text = `${JSON.stringify(describeApi(app), null, 2)}\n`;
  await app.close();
  return text;
}

await generatedFile(process.argv[2], 'openapi.json', await document(), 'openapi');
