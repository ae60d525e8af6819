import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimatedTokens } from '../../src/shared/domain/estimated-tokens.js';
import { callIn, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { Behaviour, RawModel, answer, calls, chunk } from './support/raw-model.js';

const SIGNATURE = 'signed-by-the-provider';
const THOUGHT = 'I look at a.txt first.';

const READS = answer(
  chunk({ reasoning_content: THOUGHT }),
  chunk({
    tool_calls: [
      {
        index: 0,
        id: 'call_0',
        function: { name: 'read_file', arguments: '{"path":"a.txt"}' },
        extra_content: { google: { thought_signature: SIGNATURE } },
      },
    ],
  }),
  chunk({}, 'tool_calls'),
);

const DONE = answer(chunk({ reasoning_content: 'It is there.', content: 'done' }, 'stop'));

const SYNOPSIS = { title: 'Leases', items: [{ kind: 'decision', text: 'We keep them' }] };

const refusal =
  (message: string): Behaviour =>
  (response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message } }));
  };

interface Sent {
  readonly content: string;
  readonly tool_calls?: readonly object[];
}

/** As DeepSeek has it. */
const hasRequired = (message: Sent) => !message.tool_calls || 'reasoning_content' in message;

interface Asked {
  readonly messages: readonly Sent[];
  readonly response_format?: { readonly type: string };
}

describe('a provider', () => {
  let model: RawModel;
  let app: TestApp;

  beforeAll(async () => {
    model = await RawModel.start();
    app = await TestApp.start({ OPENAI_BASE_URL: model.url }, { worker: true });
  });
  afterAll(async () => {
    await app?.stop();
    model?.stop();
  });

  /** @returns the requests, as they come */
  const replyBy = (reply: (asked: Asked) => Behaviour): Asked[] => {
    const all: Asked[] = [];
    model.behave = async (response, request) => {
      const asked = (await json(request)) as Asked;
      all.push(asked);
      await reply(asked)(response, request);
    };
    return all;
  };

  it('gets the reasoning of its model back, over runs too; clients get its text only', async () => {
    const replies = [READS, DONE, DONE];
    const asked = replyBy(() => replies.shift()!);
    const sessionId = await app.client.openSession({ agent: 'coder' });
    const events = await app.client.ask(sessionId, 'read a.txt');
    const rest = await app.client.stream(sessionId, toolResult(callIn(events), { result: 'here' }));
    const next = await app.client.ask(sessionId, 'go on');
    expect(next.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });

    const withCall = {
      role: 'assistant',
      reasoning_content: THOUGHT,
      tool_calls: [{ extra_content: { google: { thought_signature: SIGNATURE } } }],
    };
    expect(asked[1]!.messages).toMatchObject([
      { role: 'system' },
      { role: 'user' },
      withCall,
      { role: 'tool' },
    ]);
    expect(asked[2]!.messages).toMatchObject([
      ...[{ role: 'system' }, { role: 'user' }, withCall, { role: 'tool' }],
      { role: 'assistant', content: 'done', reasoning_content: 'It is there.' },
      { role: 'user', content: 'go on' },
    ]);

    const stored = await app.database.rows(
      `select reasoning->>'model' as model, reasoning->>'text' as text, tokens from messages
        where session_id = $1 and role = 'assistant' order by position`,
      [sessionId],
    );
    expect(stored.map(({ text }) => text)).toEqual([THOUGHT, 'It is there.', 'It is there.']);
    expect(stored[0]!.tokens).toBeGreaterThan(estimatedTokens(THOUGHT)); // what goes back counts, too

    const { body } = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(body.data.map((message: { reasoning: string | null }) => message.reasoning)).toEqual([
      null,
      THOUGHT,
      null,
      'It is there.',
      null,
      'It is there.',
    ]);
    expect(JSON.stringify([events, rest, next, body])).not.toMatch(/signed-by|signature|textField|opaque/);
  });

  it.each<[what: string, accepts: (message: Sent) => boolean, first: Behaviour]>([
    ['what it has sent', (message) => !('reasoning_content' in message), READS],
    ['a call without reasoning', hasRequired, calls({ name: 'read_file', args: '{"path":"a.txt"}' })],
  ])('may refuse %s: it is asked once more, and the session goes on', async (_what, accepts, first) => {
    const replies = [first, DONE, DONE];
    let refused = 0;
    const asked = replyBy(({ messages }) => {
      if (messages.every(accepts)) return replies.shift()!;
      refused++;
      return refusal('Look at reasoning_content of message 3');
    });
    const sessionId = await app.client.openSession({ agent: 'coder' });
    const events = await app.client.ask(sessionId, 'read a.txt');
    await app.client.stream(sessionId, toolResult(callIn(events), { result: 'here' }));
    const next = await app.client.ask(sessionId, 'go on');
    expect(next.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    expect([asked.length, refused]).toEqual([4, 1]);
  });

  it.each(['json_object', undefined])('may accept no stricter form of JSON than %s', async (accepted) => {
    const forms: (string | undefined)[] = [];
    const asked = replyBy(({ response_format: format, messages }) => {
      if (!messages[0]!.content.includes('synopsis')) return DONE;
      forms.push(format?.type);
      if (format?.type === 'json_schema' || format?.type !== accepted)
        return refusal('This response_format is unavailable');
      return answer(
        chunk({ content: `Here it is:\n\`\`\`json\n${JSON.stringify(SYNOPSIS)}\n\`\`\`` }, 'stop'),
      );
    });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.client.ask(sessionId, 'Explain what a lease is');
    const { status, body } = await app.client.post(`/v1/sessions/${sessionId}/synopsis?mode=sync`);
    expect([status, body.title]).toEqual([200, SYNOPSIS.title]);
    expect(forms.at(-1)).toBe(accepted);
    expect(asked.at(-1)!.messages[0]!.content).toContain('JSON Schema');
  });

  it('is asked without the temperature of an agent once its model has refused it', async () => {
    const definition = '---\ndescription: Steady\ntemperature: 0.2\n---\nYou are steady.';
    await app.client.call('PUT', '/v1/agents/steady', { definition });
    const sent: unknown[] = [];
    model.behave = async (response, request) => {
      const { temperature } = (await json(request)) as { temperature?: number };
      sent.push(temperature);
      const refuses = refusal(
        `Unsupported value: 'temperature' does not support ${temperature} with this model.`,
      );
      return (temperature === undefined ? DONE : refuses)(response, request);
    };
    const sessionId = await app.client.openSession({ agent: 'steady' });
    for (let turn = 0; turn < 2; turn++) {
      const events = await app.client.ask(sessionId, 'Hello');
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    }
    expect(sent).toEqual([0.2, undefined, undefined]);
  });

  it('may take a schema and ignore it: the second request is in a form that it heeds', async () => {
    const fresh = await TestApp.start({ OPENAI_BASE_URL: model.url }, { worker: true });
    try {
      const forms: (string | undefined)[] = [];
      replyBy(({ response_format: format, messages }) => {
        if (!messages[0]!.content.includes('synopsis')) return DONE;
        forms.push(format?.type);
        const content = format?.type === 'json_schema' ? 'We keep it.' : JSON.stringify(SYNOPSIS);
        return answer(chunk({ content }, 'stop'));
      });
      const sessionId = await fresh.client.openSession({ agent: 'ask' });
      for (let synopsis = 0; synopsis < 2; synopsis++) {
        await fresh.client.ask(sessionId, 'Explain what a lease is');
        const { status } = await fresh.client.post(`/v1/sessions/${sessionId}/synopsis?mode=sync`);
        expect(status).toBe(200);
      }
      expect(forms).toEqual(['json_schema', 'json_object', 'json_object']);
    } finally {
      await fresh.stop();
    }
  });
});
