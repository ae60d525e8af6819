import { readFile, writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { ApiModule } from './api.module.js';
import { describeApi } from './openapi.js';

const FILE = 'openapi.json';

/** The document, made without a database: in preview mode nothing is instantiated. */
async function document(): Promise<string> {
  const app = await NestFactory.create(ApiModule, { preview: true, logger: ['error'] });
  const text = `${JSON.stringify(describeApi(app), null, 2)}\n`;
  await app.close();
  return text;
}

const [command] = process.argv.slice(2);
const text = await document();
if (command === 'write') {
  await writeFile(FILE, text);
} else if (command === 'check') {
  const committed = await readFile(FILE, 'utf8').catch(() => '');
  if (committed !== text) {
    console.error(`${FILE} is not what the code says: npm run openapi`);
    process.exitCode = 1;
  }
} else {
  throw new Error('usage: openapi-cli write | check');
}
