/**
 * Makes the types of the API that the client library exports from openapi.json: `npm run openapi`. `check` compares
 * instead.
 */
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';

const FILE = 'packages/client/src/types.gen.ts';

async function generate(): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'client-types-'));
  await createClient({
    input: 'openapi.json',
    output: folder.path,
    plugins: ['@hey-api/typescript'],
    logs: { level: 'silent' },
  });
  return readFile(join(folder.path, 'types.gen.ts'), 'utf8');
}

const [command] = process.argv.slice(2);
if (command === 'write') {
  await writeFile(FILE, await generate());
} else if (command === 'check') {
  if ((await readFile(FILE, 'utf8').catch(() => '')) !== (await generate())) {
    console.error(`${FILE} is not what openapi.json says: npm run openapi`);
    process.exitCode = 1;
  }
} else {
  throw new Error('usage: client-types.ts write | check');
}
