import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { TestDatabase } from '../../support/database.js';
import { finish } from '../../support/scenes.js';
import { ScriptedModel } from '../../support/scripted-model.js';
import { ServerProcess } from '../../support/server-process.js';

// Set by `serve`.
export let database: TestDatabase;
export let model: ScriptedModel;
export let server: ServerProcess;
/** Of the server. */
export let url: string;
/** The folder of the editor, new for each test. */
export let cwd: string;

let env: Record<string, string>;

/** Two models, of which the first reads images. */
export const twoModels = (modelUrl: string) => ({
  providers: [{ id: 'one', api: 'chat', base_url: modelUrl, api_key_env: 'KEY' }],
  models: [['text', 'image'], ['text']].map((input, index) => ({
    id: `model-${index}`,
    provider: 'one',
    limit: { context: 128_000, output: 16_000 },
    modalities: { input, output: ['text'] },
    reasoning: index === 0 ? ['low', 'high'] : [],
  })),
  default: 'model-0',
});

/**
 * Has a server for the tests of this file, whose bridges show it to editors.
 * @param modelsAt the content of its models file, for a scripted model of that address
 */
export function serve(given: Record<string, string> = {}, modelsAt?: (modelUrl: string) => object): void {
  let settings: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    model = await ScriptedModel.start();
    settings = await mkdtemp(join(tmpdir(), 'acp-models-'));
    env = { DATABASE_URL: database.url, OPENAI_BASE_URL: model.url, ...given };
    if (modelsAt) {
      const file = join(settings, 'models.json');
      await writeFile(file, JSON.stringify(modelsAt(model.url)));
      env = { DATABASE_URL: database.url, MODELS_FILE: file, KEY: 'a-key', ...given };
    }
    server = await ServerProcess.start(env);
    url = server.client.url;
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    await model?.stop();
    await database?.drop();
    await rm(settings, { recursive: true, force: true });
  });
  beforeEach(async () => {
    model.reset();
    cwd = await mkdtemp(join(tmpdir(), 'acp-'));
    return () => rm(cwd, { recursive: true, force: true });
  });
}

/** Kills the server, and starts it again with the same settings. */
export async function restart(): Promise<void> {
  await server.stop('SIGKILL');
  server = await ServerProcess.start(env);
}

/** A file of the editor's folder. */
export const read = (path: string) => readFile(join(cwd, path), 'utf8');

export const runs = (command: string) => ({ calls: [{ name: 'execute_command', args: { command } }] });
export const DONE = finish('Done.');
