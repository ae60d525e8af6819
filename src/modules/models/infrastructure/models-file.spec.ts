import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AgentNeeds } from './models-file-faults.js';
import { readModelsFile } from './models-file.js';

const SECRET = 'sk-proj-1234';

const MODEL = { id: 'a', provider: 'p', limit: { context: 100_000 } };

const FILE = {
  providers: [{ id: 'p', api: 'chat', base_url: 'http://127.0.0.1:8000/v1', api_key_env: 'KEY' }],
  models: [MODEL, { ...MODEL, id: 'b' }, { ...MODEL, id: 'c' }],
  default: 'a',
};

const AGENTS: AgentNeeds[] = [
  { id: 'ask', model: undefined, tokens: 500 },
  { id: 'coder', model: undefined, tokens: 2_000 },
];

const KEYS: Readonly<Record<string, string>> = { KEY: SECRET, TYPOGRAPHIC: '“sk-x”' };
const variable = (name: string) => KEYS[name];

const read = (change: object, agents = AGENTS) => readModelsFile({ ...FILE, ...change }, variable, agents);

const faultsOf = (change: object, agents = AGENTS): readonly string[] => {
  const result = read(change, agents);
  return 'faults' in result ? result.faults : [];
};

const models = (...changes: object[]) => ({ models: changes.map((change) => ({ ...MODEL, ...change })) });
const provider = (change: object) => ({ providers: [{ ...FILE.providers[0], ...change }] });

describe('the file of models', () => {
  it('describes providers and models; what it leaves out has defaults', () => {
    expect(read({ fallbacks: { a: ['b'] } })).toMatchObject({
      file: {
        providers: [{ id: 'p', api: 'chat', baseUrl: 'http://127.0.0.1:8000/v1', apiKey: SECRET }],
        models: [
          {
            id: 'a',
            provider: 'p',
            name: 'a',
            limit: { context: 100_000, input: null, output: null },
            isDescribed: true,
            cost: null,
            modalities: { input: ['text'], output: ['text'] },
            reasoning: [],
            editTool: 'edit_file',
            firstTokenTimeoutSeconds: null,
            fallbacks: ['b'],
          },
          { id: 'b', fallbacks: [] },
          { id: 'c' },
        ],
        default: 'a',
        small: undefined,
      },
    });
  });

  it('needs no key for a server of one’s own', () => {
    const providers = [{ id: 'p', api: 'chat', base_url: 'http://127.0.0.1:8000/v1' }];
    expect(read({ providers })).toMatchObject({ file: { providers: [{ apiKey: 'none' }] } });
  });

  it('takes limits and prices as models.dev writes them', () => {
    const entry = {
      name: 'a-2026-08',
      limit: { context: 400_000, input: 272_000, output: 128_000 },
      cost: { input: 1.25, output: 10, cache_read: 0.125 },
      modalities: { input: ['text', 'image'], output: ['text'] },
      reasoning: ['low', 'high'],
      edit_tool: 'apply_patch',
      first_token_timeout_seconds: 600,
    };
    expect(read(models(entry))).toMatchObject({
      file: {
        models: [
          {
            name: 'a-2026-08',
            limit: entry.limit,
            cost: { input: 1.25, output: 10, cacheRead: 0.125, cacheWrite: null },
            modalities: entry.modalities,
            reasoning: ['low', 'high'],
            editTool: 'apply_patch',
            firstTokenTimeoutSeconds: 600,
          },
        ],
      },
    });
  });

  it('means OpenAI by a provider without an address', () => {
    const providers = [{ id: 'p', api: 'responses', api_key_env: 'KEY' }];
    expect(read({ providers })).toMatchObject({
      file: {
        providers: [{ id: 'p', api: 'responses', baseUrl: 'https://api.openai.com/v1', apiKey: SECRET }],
      },
    });
  });

  it.each<[string, object, ...string[]]>([
    ['no providers', { providers: [] }, 'providers: '],
    ['an API that there is not', provider({ api: 'soap' }), 'providers.0.api: '],
    ['an address that is none', provider({ base_url: 'localhost:1' }), 'providers.0.base_url: must be a URL'],
    ...[
      'https://me:pass@host/v1',
      'https://token@host/v1',
      'https://host/v1?key=pass',
      'https://host/v1#x',
    ].map((address): [string, object, string] => [
      `the address ${address}`,
      provider({ base_url: address }),
      'providers.0.base_url: must be without user, password and query: keys are in variables',
    ]),
    ['a file as address', provider({ base_url: 'file:///etc' }), 'providers.0.base_url: must be a URL'],
    [
      'no key for OpenAI',
      { providers: [{ id: 'p', api: 'chat' }] },
      'providers.0.api_key_env: must be set, as OpenAI needs a key',
    ],
    ['a key inline', provider({ api_key: 'x' }), 'providers.0: '],
    [
      'a variable that is not set',
      provider({ api_key_env: 'NO_KEY' }),
      'providers.0.api_key_env: the environment variable NO_KEY is not set',
    ],
    [
      'a key that no header can carry',
      provider({ api_key_env: 'TYPOGRAPHIC' }),
      'providers.0.api_key_env: TYPOGRAPHIC must be printable ASCII characters',
    ],
    [
      'a key in place of its variable',
      provider({ api_key_env: SECRET }),
      'providers.0.api_key_env: must be the name',
    ],
    [
      'a provider twice',
      { providers: [FILE.providers[0], FILE.providers[0]] },
      'providers.1.id: p is the id of providers.0, too',
    ],
    [
      'a provider that there is not',
      models({ provider: 'q' }),
      'models.0.provider: there is no provider q; there are p',
    ],
    ['no models', { models: [] }, 'models: '],
    ['a model twice', models({}, {}), 'models.1.id: a is the id of models.0, too'],
    ['a word too many', models({ temperature: 1 }), 'models.0: '],
    ['no window', models({ limit: {} }), 'models.0.limit.context: '],
    ['a window of zero', models({ limit: { context: 0 } }), 'models.0.limit.context: '],
    ['half a token', models({ limit: { context: 9_000.5 } }), 'models.0.limit.context: '],
    ['an output of zero', models({ limit: { context: 9_000, output: 0 } }), 'models.0.limit.output: '],
    [
      'a window that holds no conversation',
      models({ limit: { context: 3_999 } }),
      'models.0.limit.context: must be 4000 at least, twice what prompt and tools of the agent coder take',
    ],
    [
      'a limit of the request that holds no conversation',
      models({ limit: { context: 8_000, input: 3_000 } }),
      'models.0.limit.input: must be 4000 at least',
    ],
    ['a price below zero', models({ cost: { input: -1, output: 1 } }), 'models.0.cost.input: '],
    ['half a price', models({ cost: { input: 1 } }), 'models.0.cost.output: '],
    [
      'an unknown kind of input',
      models({ modalities: { input: ['smell'], output: ['text'] } }),
      'models.0.modalities.input.0: ',
    ],
    ['an effort in other letters', models({ reasoning: ['HIGH'] }), 'models.0.reasoning.0: must be'],
    ['an unknown tool', models({ edit_tool: 'sed' }), 'models.0.edit_tool: '],
    ['no default', { default: undefined }, 'default: '],
    ['a default that there is not', { default: 'x' }, 'default: there is no model x; there are a, b, c'],
    ['a small model that there is not', { small: 'x' }, 'small: there is no model x'],
    ['a fallback that there is not', { fallbacks: { a: ['b', 'x'] } }, 'fallbacks.a.1: there is no model x'],
    ['fallbacks of a model that there is not', { fallbacks: { x: ['b'] } }, 'fallbacks: there is no model x'],
    ['a model that falls back to itself', { fallbacks: { a: ['a'] } }, 'fallbacks.a: leads back to a'],
    [
      'fallbacks in a circle',
      { fallbacks: { a: ['b'], b: ['c'], c: ['b'] } },
      'fallbacks.b: leads back to b',
      'fallbacks.c: leads back to c',
    ],
    [
      'no file at all',
      { providers: 1, models: 'x', default: 0, fallbacks: [] },
      'providers: ',
      'models: ',
      'default: ',
      'fallbacks: ',
    ],
  ])('is refused with %s, which is named', (_, change, ...expected) => {
    const faults = faultsOf(change);
    expect(faults.map((fault, index) => fault.slice(0, expected[index]?.length))).toEqual(expected);
    expect(faults.join()).not.toContain(SECRET);
  });

  it.each([[null], [[]], ['text'], [{}]])('is refused where it is %j', (content) => {
    expect(readModelsFile(content, variable, AGENTS)).toHaveProperty('faults.0');
  });

  it('takes an id that is the name of something that every object has', () => {
    expect(read({ ...models({ id: 'constructor' }), default: 'constructor' })).toMatchObject({
      file: { models: [{ id: 'constructor', fallbacks: [] }] },
    });
  });

  it('lets fallbacks meet without a circle', () => {
    expect(faultsOf({ fallbacks: { a: ['b', 'c'], b: ['c'] } })).toEqual([]);
  });

  it('names each model once, also one that is given twice', () => {
    expect(faultsOf({ ...models({}, {}, { id: 'b' }), default: 'x' })).toEqual([
      'models.1.id: a is the id of models.0, too',
      'default: there is no model x; there are a, b',
    ]);
  });

  it('must have the models that agents name', () => {
    const agents: AgentNeeds[] = [{ id: 'coder', model: 'gone', tokens: 1 }];
    expect(faultsOf({}, agents)).toEqual([
      'models: named by the agent coder: there is no model gone; there are a, b, c',
    ]);
  });

  it('has all its faults named together', () => {
    const change = {
      ...models({ limit: { context: 0 } }, { id: 'b', provider: 'q' }),
      ...provider({ api: 'soap', api_key_env: 'NO_KEY' }),
      fallbacks: { b: ['b'] },
    };
    expect(faultsOf(change).map((fault) => fault.split(':')[0])).toEqual([
      'providers.0.api',
      'models.0.limit.context',
      'providers.0.api_key_env',
      'models.1.provider',
      'fallbacks.b',
    ]);
  });
});

describe('docs/models.example.json', () => {
  const content = JSON.parse(readFileSync('docs/models.example.json', 'utf8')) as {
    providers: { api_key_env?: string }[];
  };

  it('is accepted where its variables are set, for agents of the usual size', () => {
    const names = new Set(content.providers.map((each) => each.api_key_env));
    const result = readModelsFile(content, (name) => (names.has(name) ? 'set' : undefined), AGENTS);
    expect(result).not.toHaveProperty('faults');
    expect(result).toMatchObject({ file: { small: expect.any(String) as string } });
  });
});
