import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestApp } from '../../support/test-app.js';
import { ProtocolServer } from './protocol-server.js';
import { RawModel } from './raw-model.js';

/** An application whose only provider speaks a protocol. */
export async function startApp(
  { api }: ProtocolServer,
  { url }: RawModel,
  env: Record<string, string> = {},
  given: Parameters<typeof TestApp.start>[1] = {},
): Promise<TestApp> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-models-'));
  try {
    const file = join(folder, 'models.json');
    const models = {
      providers: [{ id: 'only', api, base_url: url }],
      models: [{ id: 'm', provider: 'only', limit: { context: 128_000 } }],
      default: 'm',
    };
    await writeFile(file, JSON.stringify(models));
    return await TestApp.start({ MODELS_FILE: file, ...env }, given);
  } finally {
    await rm(folder, { recursive: true });
  }
}
