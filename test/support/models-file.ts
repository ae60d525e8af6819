import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedModel } from './scripted-model.js';

const LIMIT = { context: 128_000, output: 16_000 };

/** A file of models with two providers, and their servers. Its keys are in ONE_KEY and TWO_KEY. */
export class TestModels {
  readonly env: Record<string, string>;

  private constructor(
    readonly one: ScriptedModel,
    readonly two: ScriptedModel,
    private readonly folder: string,
  ) {
    this.env = { MODELS_FILE: join(folder, 'models.json'), ONE_KEY: 'key-of-one', TWO_KEY: 'key-of-two' };
  }

  static async start(): Promise<TestModels> {
    const servers = [await ScriptedModel.start(), await ScriptedModel.start()] as const;
    const models = new TestModels(...servers, await mkdtemp(join(tmpdir(), 'agent-runtime-models-')));
    await models.write();
    return models;
  }

  /** Writes the file. @param change to its usual content, which has the models large, small and other */
  async write(change: object = {}): Promise<void> {
    await writeFile(this.env['MODELS_FILE']!, JSON.stringify({ ...this.content, ...change }));
  }

  get content() {
    return {
      providers: [
        { id: 'one', api: 'chat', base_url: this.one.url, api_key_env: 'ONE_KEY' },
        { id: 'two', api: 'chat', base_url: this.two.url, api_key_env: 'TWO_KEY' },
      ],
      models: [
        { id: 'large', provider: 'one', name: 'large-2026', limit: LIMIT, reasoning: ['low', 'high'] },
        { id: 'small', provider: 'one', limit: LIMIT },
        { id: 'other', provider: 'two', name: 'other-name', limit: { context: 64_000 } },
      ],
      default: 'large',
      small: 'small',
    };
  }

  reset(): void {
    this.one.reset();
    this.two.reset();
  }

  async stop(): Promise<void> {
    await this.one.stop();
    await this.two.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
