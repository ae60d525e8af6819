import { text as readText } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  LanguageModel,
  ModelAnswer,
  ModelError,
  ModelErrorCode,
  ModelMessage,
  ModelRequest,
} from '../../src/modules/models/application/language-model.js';
import { ModelCatalog } from '../../src/modules/models/index.js';
import { OpenAiAnswer, Shown } from '../../src/modules/models/infrastructure/openai-answer.js';
import { OpenAiBody } from '../../src/modules/models/infrastructure/openai-body.js';
import { toModelError } from '../../src/modules/models/infrastructure/openai-errors.js';
import { ProviderClients } from '../../src/modules/models/infrastructure/provider-clients.js';
import { PROTOCOLS } from '../../src/modules/models/infrastructure/protocols.js';
import { callIn, toolResult } from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { CHAT_SERVER } from './support/chat-server.js';
import { startApp } from './support/protocol-app.js';
import { Line, ProtocolServer, Step, USAGE, callId, sealed } from './support/protocol-server.js';
import { Behaviour, RawModel } from './support/raw-model.js';
import { RESPONSES_SERVER } from './support/responses-server.js';

const STOP: Step = { end: 'stop' };
const HELLO: Step = { text: ['I read ', 'both –', ' ✓ 😀.'] };
const THOUGHT: Step = { thought: ['Two ', 'files: é.'] };
const READ_A: Step = { call: 'read_file', args: ['{"path":', '"a.txt"', '}'] };
const READ_B: Step = { call: 'read_file', args: ['{"path":"b.txt"}'] };
const EVERYTHING = [THOUGHT, HELLO, READ_A, READ_B, STOP];

/** What callers get of an answer, or of the failure. */
type Outcome = Pick<ModelAnswer, 'content' | 'toolCalls' | 'finishReason' | 'usage'> & {
  readonly shown: string;
  readonly thought: string;
  readonly thoughtShown: string;
};

const outcomeOf = (answer: ModelAnswer, shown: Shown): Outcome => {
  const { content, toolCalls, finishReason, usage, reasoning } = answer;
  return {
    ...{ content, toolCalls, finishReason, usage, shown: shown.text },
    ...{ thought: reasoning?.text ?? '', thoughtShown: shown.reasoning },
  };
};

const saying = (content: string) => ({ content, shown: content });
const calling = (...calls: [args: string, isCutOff?: boolean][]) => ({
  toolCalls: calls.map(([args, isCutOff], n) => ({
    callId: callId(n),
    toolName: 'read_file',
    arguments: args,
    ...(isCutOff && { isCutOff }),
  })),
  finishReason: 'tool_calls',
});
const BOTH = calling(['{"path":"a.txt"}'], ['{"path":"b.txt"}']);
const EMPTY: Outcome = {
  ...saying(''),
  ...{ toolCalls: [], finishReason: 'stop', usage: USAGE, thought: '', thoughtShown: '' },
};

type Situation = [what: string, steps: Step[], is: Partial<Outcome> | ModelErrorCode];

const ENDED: Situation[] = [
  ['text', [HELLO, STOP], saying('I read both – ✓ 😀.')],
  ['calls, with arguments in pieces', [READ_A, READ_B, STOP], BOTH],
  [
    'reasoning, text and calls',
    EVERYTHING,
    { ...saying('I read both – ✓ 😀.'), ...BOTH, thought: 'Two files: é.', thoughtShown: 'Two files: é.' },
  ],
  ['a call without arguments', [{ call: 'read_file', args: [] }, STOP], calling([''])],
  ['a refusal in words', [{ refusal: ['I ', 'cannot.'] }, STOP], saying('I cannot.')],
  [
    'text that the output limit cuts',
    [{ text: ['Half ', 'a'] }, { end: 'length' }],
    { ...saying('Half a'), finishReason: 'length' },
  ],
  [
    'a call that the output limit cuts',
    [{ call: 'read_file', args: ['{"path":', '"a'] }, { end: 'length' }],
    { ...calling(['{"path":"a', true]), finishReason: 'length' },
  ],
  [
    'text that a filter cuts',
    [{ text: ['Half a'] }, { end: 'content_filter' }],
    { ...saying('Half a'), finishReason: 'content_filter' },
  ],
  ['a call that a filter cuts', [READ_A, { end: 'content_filter' }], 'model.content_filtered'],
  ['nothing but a filter', [{ end: 'content_filter' }], 'model.content_filtered'],
  ['only reasoning before the output limit', [THOUGHT, { end: 'length' }], 'model.empty_answer'],
  ['only reasoning', [THOUGHT, STOP], 'model.empty_answer'],
  ['nothing', [STOP], 'model.empty_answer'],
];

const UNENDED: Situation[] = [
  ['text without an end', [HELLO], 'model.stream_cut'],
  ['a call without an end', [THOUGHT, READ_A], 'model.stream_cut'],
  ['no more than a begin', [], 'model.stream_cut'],
];

const FAULTS: [what: string, code: string, message: string, is: ModelErrorCode][] = [
  ['a limit of requests', 'rate_limit_exceeded', 'secret', 'model.rate_limited'],
  ['too long a conversation', 'context_length_exceeded', 'secret', 'model.context_exceeded'],
  ['a filter', 'invalid_prompt', 'secret', 'model.content_filtered'],
  ['a breakdown', 'server_error', 'secret', 'model.server_error'],
];

const REFUSALS: [status: number, error: object, is: ModelErrorCode][] = [
  [400, { code: 'unsupported_value' }, 'model.request_refused'],
  [400, { code: 'context_length_exceeded' }, 'model.context_exceeded'],
  [400, { code: 'content_filter' }, 'model.content_filtered'],
  [401, { code: 'invalid_api_key' }, 'model.unauthorized'],
  [404, { code: 'model_not_found' }, 'model.not_found'],
  [429, { code: 'rate_limit_exceeded' }, 'model.rate_limited'],
  [429, { code: 'insufficient_quota' }, 'model.quota_exceeded'],
  [503, {}, 'model.server_error'],
];

const expected = (is: Situation[2]) => (typeof is === 'string' ? { code: is } : { ...EMPTY, ...is });

/** Reads an answer as it arrives in these parts. */
function read({ api }: ProtocolServer, parts: readonly Uint8Array[]) {
  const answer = new OpenAiAnswer({ provider: 'models.example', model: 'm' }, PROTOCOLS[api].reader());
  const shown = { text: '', reasoning: '' };
  const show = ({ text, reasoning }: Shown) => {
    shown.text += text;
    shown.reasoning += reasoning;
  };
  const body = new OpenAiBody((event) => show(answer.add(event, 0)));
  try {
    for (const part of parts) if (body.push(Buffer.from(part)) || answer.isClosed) break;
    body.end();
    show(answer.end());
    return outcomeOf(answer.complete(body.isDone, 0), shown);
  } catch (error) {
    return { code: toModelError(error).code };
  }
}

const byteByByte = (text: string): Uint8Array[] =>
  Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte));

/** The places where an answer reads otherwise if it arrives in two parts. */
function wrongCuts(server: ProtocolServer, text: string): number[] {
  const bytes = Buffer.from(text);
  const whole = JSON.stringify(read(server, [bytes]));
  return Array.from(bytes.keys()).filter(
    (cut) => JSON.stringify(read(server, [bytes.subarray(0, cut), bytes.subarray(cut)])) !== whole,
  );
}

const stream =
  (...parts: (string | Buffer)[]): Behaviour =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of parts) response.write(part);
    response.end();
  };

const refusal =
  (status: number, error: object, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, headers);
    response.end(JSON.stringify({ error: { message: 'secret', ...error } }));
  };

/** The client of its provider, for models of any name. */
const modelOf = ({ nest }: TestApp): LanguageModel =>
  nest.get(ProviderClients, { strict: false }).of(nest.get(ModelCatalog, { strict: false }).default);

const QUESTION: ModelMessage[] = [
  { role: 'system', content: 'You help.' },
  { role: 'user', content: 'Read both' },
];

describe.each([
  ['chat completions', CHAT_SERVER],
  ['the Responses API', RESPONSES_SERVER],
])('a model that is asked by %s', (_protocol, server) => {
  let raw: RawModel;
  let app: TestApp;
  /** Each test has a model of its own, since what models refuse is remembered. */
  let model: string;
  let tests = 0;

  beforeAll(async () => {
    raw = await RawModel.start();
    const limits = { LLM_IDLE_TIMEOUT_SECONDS: '1', LLM_FIRST_TOKEN_TIMEOUT_SECONDS: '1' };
    app = await startApp(server, raw, limits, { circuit: NEVER_OPENS });
  });
  afterAll(async () => {
    await app?.stop();
    raw?.stop();
  });
  beforeEach(() => {
    model = `m${tests++}`;
  });

  const answerTo = async (request: Partial<ModelRequest> = {}, signal = new AbortController().signal) => {
    const shown = { text: '', reasoning: '' };
    const firstCalls: string[] = [];
    const answer = await modelOf(app).answer(
      { model, messages: QUESTION, tools: [], ...request },
      {
        onText: (piece) => (shown.text += piece),
        onReasoning: (piece) => (shown.reasoning += piece),
        onFirstCall: (name, args) => firstCalls.push(`${name} ${args}`),
      },
      signal,
    );
    return { answer, outcome: outcomeOf(answer, shown), firstCalls };
  };

  const ask = (request: Partial<ModelRequest> = {}) =>
    answerTo(request).then(
      ({ outcome }) => outcome,
      (error: ModelError) => ({ code: error.code }),
    );

  /** @returns the bodies of the requests, as they come */
  const replyBy = (...replies: ((body: string) => Behaviour)[]): string[] => {
    const bodies: string[] = [];
    raw.behave = async (response, request) => {
      expect(request.url).toBe(server.path);
      const body = await readText(request);
      bodies.push(body);
      await (replies.length > 1 ? replies.shift()! : replies[0]!)(body)(response, request);
    };
    return bodies;
  };

  const reply = (...behaviours: Behaviour[]) => replyBy(...behaviours.map((behaviour) => () => behaviour));

  describe('answers', () => {
    it.each([...ENDED, ...UNENDED])('%s', async (_what, steps, is) => {
      reply(stream(server.stream(...steps)));
      expect(await ask()).toEqual(expected(is));
    });

    it.each([...ENDED, ...UNENDED])('%s, byte by byte', (_what, steps, is) => {
      expect(read(server, byteByByte(server.stream(...steps)))).toEqual(expected(is));
    });

    it.each(ENDED)('%s, in one document', async (_what, steps, is) => {
      reply(stream(server.document(...steps)));
      expect(await ask()).toEqual(expected(is));
    });

    it.each([
      ['an answer with everything', server.stream(...EVERYTHING)],
      ['a document with everything', server.document(...EVERYTHING)],
      ['an answer without an end', server.stream(THOUGHT, READ_A)],
      [
        'an error within an answer',
        server.stream(HELLO) + server.error({ code: 'rate_limit_exceeded', message: 'é' }),
      ],
    ])('%s the same wherever its bytes are cut', (_what, text) => {
      expect(wrongCuts(server, text)).toEqual([]);
    });

    it.each<[string, (text: string) => string]>([
      ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
      ['after a BOM', (text) => `\uFEFF${text}`],
      ['between comments', (text) => text.replaceAll('\n\n', '\n\n: ping\n\n')],
      ['without a space after data:', (text) => text.replaceAll('data: ', 'data:')],
      ['without names of events', (text) => text.replaceAll(/^event: .*\n/gm, '')],
      ['with [DONE] at its end', (text) => `${text.replace('data: [DONE]\n\n', '')}data: [DONE]\n\n`],
      ['without a line break at its end', (text) => text.trimEnd()],
    ])('everything %s', (_how, change) => {
      const text = server.stream(...EVERYTHING);
      expect(read(server, [Buffer.from(change(text))])).toEqual(read(server, [Buffer.from(text)]));
    });

    it('with what PostgreSQL can store', async () => {
      reply(stream(server.stream({ text: ['nul \0 and \ud83d', '\ude00 and half \ud800 pair'] }, STOP)));
      expect(await ask()).toEqual(expected(saying('nul \ufffd and 😀 and half \ufffd pair')));
    });

    it('with the first call as it grows', async () => {
      reply(stream(server.stream(READ_A, READ_B, STOP)));
      const { firstCalls } = await answerTo();
      expect([firstCalls[0], firstCalls.at(-1)]).toEqual(['read_file ', 'read_file {"path":"a.txt"}']);
    });
  });

  describe('fails', () => {
    it.each(FAULTS)('within its answer: %s', async (_what, code, message, is) => {
      reply(stream(server.stream(HELLO), server.error({ code, message })));
      await expect(answerTo()).rejects.toMatchObject({
        code: is,
        facts: { providerCode: code },
        message: expect.not.stringContaining('secret'),
      });
    });

    it.each(REFUSALS)('by a status: %s %j', async (status, error, is) => {
      reply(refusal(status, error));
      await expect(answerTo()).rejects.toMatchObject({ code: is, facts: { status } });
    });

    it('and says when to ask again', async () => {
      reply(refusal(429, {}, { 'retry-after': '7' }));
      await expect(answerTo()).rejects.toMatchObject({ facts: { retryAfterMs: 7_000 } });
    });

    it.each<[string, () => Behaviour, ModelErrorCode]>([
      ['it never begins', () => () => undefined, 'model.first_token_timeout'],
      [
        'it only says that it works on it',
        () => (response) => {
          response.writeHead(200);
          const timer = setInterval(() => response.write(server.keepAlive), 200);
          response.on('close', () => clearInterval(timer));
        },
        'model.first_token_timeout',
      ],
      [
        'it falls silent',
        () => (response) => response.writeHead(200).write(server.stream(HELLO)),
        'model.idle_timeout',
      ],
      [
        'it falls silent after it has reasoned',
        () => (response) => response.writeHead(200).write(server.stream(THOUGHT)),
        'model.idle_timeout',
      ],
      ['it hangs up', () => (_response, request) => request.socket.destroy(), 'model.unavailable'],
      [
        'it hangs up in the middle',
        () => (response) =>
          response.writeHead(200).write(server.stream(HELLO), () => {
            response.destroy();
          }),
        'model.stream_cut',
      ],
      ['it answers nothing', () => stream(), 'model.malformed_answer'],
      ['it answers a web page', () => stream('<html>busy</html>'), 'model.malformed_answer'],
      ['it answers broken JSON', () => stream('data: {"id":\n\n'), 'model.malformed_answer'],
    ])('when %s', async (_what, behaviour, is) => {
      reply(behaviour());
      expect(await ask()).toEqual({ code: is });
    });

    it('when it has no end', async () => {
      reply((response) => {
        const piece = server.stream({ text: ['x'.repeat(100_000)] }).slice(server.stream().length);
        const go = () => {
          while (!response.destroyed && response.write(piece));
        };
        response.on('drain', go);
        response.writeHead(200).write(server.stream());
        go();
      });
      expect(await ask()).toEqual({ code: 'model.answer_too_long' });
    });

    it('for the reason of its caller, when that ends the call', async () => {
      const controller = new AbortController();
      reply((response) =>
        response.writeHead(200).write(server.stream(HELLO), () => controller.abort(new Error('enough'))),
      );
      await expect(answerTo({}, controller.signal)).rejects.toThrow('enough');
    });
  });

  it.each<[string, Behaviour]>([
    ['stays open', (response) => response.writeHead(200).write(server.stream(HELLO, STOP))],
    [
      'breaks',
      (response) =>
        response.writeHead(200).write(server.stream(HELLO, STOP), () => {
          response.destroy();
        }),
    ],
    ['brings an error', stream(server.stream(HELLO, STOP), server.error({ code: 'x', message: 'y' }))],
    [
      'is compressed',
      (response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(server.stream(HELLO, STOP))),
    ],
  ])('has said all when its connection %s', async (_what, behaviour) => {
    reply(behaviour);
    expect(await ask()).toEqual(expected(saying('I read both – ✓ 😀.')));
  });

  it('is left alone after failures of its server, and asked again when an answer begins', async () => {
    const limits = { signs: 10, failures: 2, openMs: 50 };
    const shared = { database: app.database, model: app.model };
    const other = await startApp(server, raw, {}, { circuit: limits, ...shared });
    try {
      const codes: string[] = [];
      reply(refusal(500, {}), refusal(500, {}), stream(server.stream(HELLO, STOP)));
      const request = { model, messages: QUESTION, tools: [] };
      const once = () =>
        modelOf(other)
          .answer(request, { onText: () => undefined }, new AbortController().signal)
          .then(() => 'answered')
          .catch((error: ModelError) => error.code);
      for (let call = 0; call < 3; call++) codes.push(await once());
      expect(codes).toEqual(['model.server_error', 'model.server_error', 'model.circuit_open']);
      await expect.poll(once, { timeout: 5_000 }).toBe('answered');
    } finally {
      await other.stop();
    }
  });

  describe('is told', () => {
    it('of its tools', async () => {
      const tools = [{ name: 'read_file', description: 'Reads', parameters: { type: 'object' } }];
      const bodies = reply(stream(server.stream(HELLO, STOP)));
      await answerTo({ tools });
      expect(server.toolsIn(bodies[0]!)).toEqual(tools);
    });

    /** The conversation after an answer with everything. */
    const goOn = async (): Promise<ModelMessage[]> => {
      reply(stream(server.stream(...EVERYTHING)));
      const { content, toolCalls, reasoning } = (await answerTo()).answer;
      const ours = toolCalls.map((call, n) => ({ ...call, callId: `00000000000${n}` }));
      return [
        ...QUESTION,
        { role: 'assistant', content, toolCalls: ours, reasoning },
        ...ours.map(({ callId: id }, n) => ({ role: 'tool', content: `text ${n}`, callId: id }) as const),
      ];
    };

    const conversation = (hasThought: boolean, ids: readonly string[]): Line[] => [
      ['system', 'You help.'],
      ['user', 'Read both'],
      ...(hasThought ? [['thought', 'Two files: é.'] as const] : []),
      ['assistant', 'I read both – ✓ 😀.'],
      ['call', 'read_file {"path":"a.txt"}', ids[0]!],
      ['call', 'read_file {"path":"b.txt"}', ids[1]!],
      ['result', 'text 0', ids[0]!],
      ['result', 'text 1', ids[1]!],
    ];

    const OWN_IDS = [callId(0), callId(1)];
    const SHORT_IDS = ['000000000', '000000001'];

    it('of its own reasoning, and of its calls by its own ids', async () => {
      const messages = await goOn();
      const bodies = reply(stream(server.stream(HELLO, STOP)));
      await answerTo({ messages });
      expect(server.conversationIn(bodies[0]!)).toEqual(conversation(true, OWN_IDS));
    });

    it('nothing of the reasoning of another model', async () => {
      const messages = await goOn();
      const bodies = reply(stream(server.stream(HELLO, STOP)));
      await answerTo({ messages, model: 'another' });
      expect(server.conversationIn(bodies[0]!)).toEqual(conversation(false, SHORT_IDS));
      expect(bodies[0]).not.toContain(sealed('Two'));
    });

    it('nothing of its reasoning once it has refused that', async () => {
      const messages = await goOn();
      const bodies = replyBy((body) =>
        server.conversationIn(body).some(([role]) => role === 'thought')
          ? refusal(400, { message: 'Extra inputs are not permitted' })
          : stream(server.stream(HELLO, STOP)),
      );
      for (let call = 0; call < 2; call++) await answerTo({ messages });
      const bare = conversation(false, OWN_IDS);
      expect(bodies.map((body) => server.conversationIn(body))).toEqual([
        conversation(true, OWN_IDS),
        bare,
        bare,
      ]);
    });

    it('in which form JSON is wanted, the strictest that it accepts', async () => {
      const schema = { type: 'object', required: ['title'] };
      const bodies = replyBy((body) =>
        server.formatIn(body) === undefined
          ? stream(server.stream({ text: ['Here: {"title":"a"}'] }, STOP))
          : refusal(400, { message: 'This format is unavailable' }),
      );
      for (let call = 0; call < 2; call++) {
        const { answer } = await answerTo({ responseFormat: { name: 'title', schema } });
        expect(answer.content).toBe('{"title":"a"}');
      }
      const forms = bodies.map((body) => server.formatIn(body));
      expect(new Set(forms)).toEqual(new Set(['json_schema', 'json_object', undefined]));
      expect(forms.at(-1)).toBeUndefined();
      expect(forms.filter((form) => form === 'json_schema').length).toBeLessThan(3);
      expect(server.conversationIn(bodies.at(-1)!)[0]![1]).toContain('"required":["title"]');
    });
  });

  it('goes on in later runs where it was; clients do not get what is sealed', async () => {
    const bodies = reply(
      stream(server.stream(THOUGHT, READ_A, STOP)),
      stream(server.stream({ thought: ['It is there.'] }, { text: ['done'] }, STOP)),
    );
    const sessionId = await app.client.openSession({ agent: 'coder' });
    const events = await app.client.ask(sessionId, 'read a.txt');
    const rest = await app.client.stream(sessionId, toolResult(callIn(events), { result: 'here' }));
    const next = await app.client.ask(sessionId, 'go on');
    expect(next.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    expect(server.conversationIn(bodies[2]!).slice(1)).toEqual([
      ['user', 'read a.txt'],
      ['thought', 'Two files: é.'],
      ['call', 'read_file {"path":"a.txt"}', callId(0)],
      ['result', 'here', callId(0)],
      ['thought', 'It is there.'],
      ['assistant', 'done'],
      ['user', 'go on'],
    ]);
    const { body } = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(JSON.stringify([events, rest, next, body])).not.toContain('sealed');
  });
});

it('a model that says that it thinks may be silent between its pieces for as long as before the first one', async () => {
  const raw = await RawModel.start();
  const limits = { LLM_IDLE_TIMEOUT_SECONDS: '1', LLM_FIRST_TOKEN_TIMEOUT_SECONDS: '20' };
  const app = await startApp(RESPONSES_SERVER, raw, limits);
  try {
    const text = RESPONSES_SERVER.stream(HELLO, { thought: [] }, READ_A, STOP);
    const thinks = text.indexOf('event: response.output_item.done', text.indexOf('"type":"reasoning"'));
    raw.behave = (response) => {
      response.writeHead(200).write(text.slice(0, thinks));
      setTimeout(() => response.end(text.slice(thinks)), 1_500); // longer than a model that does not think may be silent
    };
    const answer = await modelOf(app).answer(
      { model: 'm', messages: QUESTION, tools: [] },
      { onText: () => undefined },
      new AbortController().signal,
    );
    expect(answer).toMatchObject({ content: 'I read both – ✓ 😀.', finishReason: 'tool_calls' });
  } finally {
    await app.stop();
    raw.stop();
  }
});
