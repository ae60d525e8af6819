import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { builtInAgents } from '../../../../test/support/built-in-agents.js';
import { readConfig } from '../../../config/read-config.js';
import { ZodToolCatalog } from '../../agents/infrastructure/zod-tool-catalog.js';
import { ModelSetup } from './model-setup.js';

const MODELS_FILE = 'docs/models.example.json';
const KEYS = Array.from(
  readFileSync(MODELS_FILE, 'utf8').matchAll(/"api_key_env": "(\w+)"/g),
  ([, key]) => key!,
);
const EXAMPLE = { MODELS_FILE, ...Object.fromEntries(KEYS.map((key) => [key, 'key'])) };

describe('the models of a process', () => {
  let setup: ModelSetup | undefined;
  afterEach(() => setup?.offline?.stop());

  it.each<[string, Record<string, string>, RegExp[]]>([
    ['are canned', {}, [/^No model is configured: answers are canned/]],
    [
      'are not described',
      { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', AGENTS_DEFAULT_MODEL: 'qwen3' },
      [/the model qwen3 are not known: a context of 32768 tokens is assumed/],
    ],
    ['are those of a file', EXAMPLE, []],
  ])('%s: the log says what is to be known', async (_, env, warnings) => {
    const config = readConfig(env);
    setup = await ModelSetup.open(config, await builtInAgents(), new ZodToolCatalog());
    expect(setup.warnings).toEqual(warnings.map((text) => expect.stringMatching(text) as string));
  });

  it('call the offline demo model by a name of its own, whatever the settings name', async () => {
    const config = readConfig({ AGENTS_DEFAULT_MODEL: 'qwen3' });
    setup = await ModelSetup.open(config, await builtInAgents(), new ZodToolCatalog());
    expect(setup.models.default.id).toBe('offline-demo');
    expect(setup.models.has('qwen3')).toBe(false);
  });
});
