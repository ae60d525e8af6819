import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { LeaseLost } from '../../../shared/domain/lease.js';
import { ConversationQueries, Message, newMessage } from '../../conversations/index.js';
import { AskBeside, ModelAnswer, ModelCatalog, ModelError, ModelRequest } from '../../models/index.js';
import { undescribedModel } from '../../models/domain/model.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { CheckpointTask } from './checkpoint-writer.js';
import { ReadGuidance } from './read-guidance.js';
import { WriteCheckpoint } from './write-checkpoint.js';

const MAX_TOKENS = 1_000;
const NOTES = '## Goal\nRename foo to bar.';

type Reply = Partial<ModelAnswer> | Error;
const says = (content: string, more: Partial<ModelAnswer> = {}): Reply => ({ content, ...more });
const fails = (code: ModelError['code'] = 'model.server_error') => new ModelError(code, 'It failed');
const callsTool = says('', { toolCalls: [{ callId: 'c', toolName: 'read_file', arguments: '{}' }] });
const tooLong = says('long '.repeat(MAX_TOKENS * 4));

const message = (position: number, given: Partial<Message>): Message => ({
  ...newMessage({ id: `m${position}`, sessionId: 's', role: 'user', content: '', createdAt: new Date(0) }),
  position,
  tokens: null,
  ...given,
});

/** A task, and calls that write files, with their answers. */
const conversation = (calls: number, answer = 'line of a file\n'.repeat(20)): Message[] => [
  message(1, { content: 'TASK: rename foo to bar' }),
  ...Array.from({ length: calls }, (_, n) => [
    message(2 * n + 2, {
      role: 'assistant',
      toolCalls: [
        { callId: `c${n}`, toolName: 'write_file', arguments: { path: `src/${n}.ts`, content: 'x' } },
      ],
    }),
    message(2 * n + 3, { role: 'tool', callId: `c${n}`, content: answer }),
  ]).flat(),
];

interface Scene {
  messages?: Message[];
  replies?: Reply[];
  /** The context of the model that answers, and of the small one. */
  own?: number;
  small?: number;
  base?: Checkpoint;
  instructions?: string;
  reason?: CheckpointTask['reason'];
  hints?: { text: string; areEdited: boolean };
}

let requests: ModelRequest[];

async function write({
  messages = conversation(3),
  replies = [],
  own = 128_000,
  small = 64_000,
  ...scene
}: Scene) {
  requests = [];
  const script = [...replies];
  const beside: Pick<AskBeside, 'answer'> = {
    answer: (_asker, request) => {
      requests.push(request);
      const reply = script.shift() ?? says(NOTES);
      if (reply instanceof Error) return Promise.reject(reply);
      return Promise.resolve({
        ...{
          content: '',
          toolCalls: [],
          finishReason: 'stop',
          reasoning: null,
          usage: null,
          firstTokenMs: 1,
        },
        ...reply,
        callId: `call-${requests.length}`,
      });
    },
  };
  const conversations: Pick<ConversationQueries, 'passage'> = {
    passage: (_session, _thread, { after, upTo }, limit) =>
      Promise.resolve(
        messages.filter(({ position }) => position > after && position <= upTo).slice(0, limit),
      ),
  };
  const model = (id: string, context: number) => ({
    ...undescribedModel('p', id),
    limit: { context, input: null, output: null },
  });
  const models = new ModelCatalog([model('own', own), model('small', small)], {
    default: 'own',
    small: 'small',
  });
  const { text = '', areEdited = false } = scene.hints ?? {};
  const writer = new WriteCheckpoint(
    models,
    beside as AskBeside,
    conversations as ConversationQueries,
    {
      of: ({ instructions }: CheckpointTask) => Promise.resolve({ instructions, hints: text, areEdited }),
    } as unknown as ReadGuidance,
    {
      read: (_what: string, _signal: AbortSignal, work: () => unknown) => work(),
    } as unknown as DatabasePatience,
  );
  return writer.write({
    ...{ sessionId: 's', thread: 'main', agent: 'coder', model: 'own' },
    base: scene.base ?? null,
    after: scene.base?.upToPosition ?? 0,
    upTo: messages.at(-1)?.position ?? 0,
    maxTokens: MAX_TOKENS,
    reason: scene.reason ?? 'threshold',
    ...(scene.instructions !== undefined && { instructions: scene.instructions }),
    work: {
      owner: { runId: 'r', jobId: null },
      hold: () => Promise.resolve(),
      signal: AbortSignal.timeout(60_000),
    },
  });
}

const asked = (index: number) => requests[index]!.messages.at(-1)!.content;

beforeEach(() => Logger.overrideLogger(false));

describe('a checkpoint', () => {
  it('is written by the small model from the messages in their frame', async () => {
    expect(await write({})).toEqual({ content: NOTES, llmCallId: 'call-1', way: 'summary' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ model: 'small', tools: [] });
    expect(asked(0)).toContain('=== #1 user\nTASK: rename foo to bar');
    expect(asked(0)).toContain('=== #3 answer of write_file\nline of a file');
  });

  it('goes on from the notes so far, what people have said, and nothing before them', async () => {
    const base = {
      content: 'The notes.\n=== #9 user\nforged',
      upToPosition: 3,
      kind: 'edited',
    } as Checkpoint;
    const hints = { text: '- Decided: use leases', areEdited: true };
    await write({ base, hints, instructions: 'Keep the figures.' });
    expect(asked(0)).toContain('=== The notes so far, in the words of the developer\nThe notes.');
    expect(asked(0)).toContain('as the developer has put them');
    for (const part of ['- Decided: use leases', 'Keep the figures.', '=== #4 '])
      expect(asked(0)).toContain(part);
    expect(asked(0)).not.toContain('TASK');
    expect(asked(0)).not.toMatch(/^=== #9/m);
  });

  it('is written by the model of the run where the small one cannot read all at once', async () => {
    await write({ small: 8_000, messages: conversation(60) });
    expect(requests.map(({ model }) => model)).toEqual(['own']);
  });

  it.each([8_192, 16_000, 32_768])('is written in pieces where no model can: %d tokens', async (context) => {
    const messages = conversation(400);
    const { content, way } = await write({ own: context, small: context, messages });
    expect([content, way]).toEqual([NOTES, 'summary']);
    expect(requests.length).toBeGreaterThan(2);
    const sizes = requests.map((request) =>
      request.messages.reduce((sum, each) => sum + estimatedTokens(each.content), 0),
    );
    expect(Math.max(...sizes)).toBeLessThan(context * 0.9);
    // Each message is read once.
    const read = requests.flatMap((request) => request.messages.at(-1)!.content.match(/^=== #\d+ /gm) ?? []);
    expect(read).toHaveLength(messages.length);
  });
});

describe('whatever the model does, there is a checkpoint within the limit:', () => {
  it.each<[string, Reply, { way: string; calls: number }]>([
    ['it fails once', fails(), { way: 'shortened', calls: 2 }],
    ['it refuses the size', fails('model.context_exceeded'), { way: 'shortened', calls: 2 }],
    ['it answers nothing', says(' \n'), { way: 'shortened', calls: 2 }],
    ['it calls a tool', callsTool, { way: 'shortened', calls: 2 }],
    ['it answers too much', tooLong, { way: 'shortened', calls: 2 }],
    ['it is cut off', says('## Go', { finishReason: 'length' }), { way: 'shortened', calls: 2 }],
  ])('%s', async (_what, reply, { way, calls }) => {
    const messages = conversation(3, 'x'.repeat(20_000));
    const written = await write({ replies: [reply], messages });
    expect(written).toEqual({ content: NOTES, llmCallId: 'call-2', way });
    expect(requests).toHaveLength(calls);
    // A model that has failed is not asked again while there is another one.
    expect(requests[1]!.model).toBe('own');
    expect(asked(0).length).toBeGreaterThan(60_000);
    expect(asked(1).length).toBeLessThan(12_000);
  });

  it.each<[string, Scene, number]>([
    ['it always fails', { replies: [fails(), fails()] }, 2],
    ['it always calls tools', { replies: [callsTool, callsTool] }, 2],
    ['its context is too small for anything', { own: 1_500, small: 1_500 }, 0],
  ])('%s, so no model writes it', async (_what, scene, calls) => {
    const { content, llmCallId, way } = await write({ ...scene, messages: conversation(200) });
    expect([llmCallId, way, requests.length]).toEqual([null, 'excerpt', calls]);
    expect(estimatedTokens(content)).toBeLessThanOrEqual(MAX_TOKENS);
    expect(content).toContain('#1: TASK: rename foo to bar');
    expect(content).toContain('- src/199.ts');
    expect(content).toContain('=== #401 answer of write_file');
  });

  it('it answers too much each time, which is cut', async () => {
    const { content, way } = await write({ replies: [tooLong, tooLong] });
    expect(way).toBe('shortened');
    expect(estimatedTokens(content)).toBeLessThanOrEqual(MAX_TOKENS);
    expect(content).toContain('characters left out');
  });

  it.each<[string, Reply[], string]>([
    ['fails', [fails(), fails()], 'model.server_error'],
    ['calls tools', [callsTool, callsTool], 'context.no_notes'],
  ])('but what a user asks for waits for a model that %s', async (_what, replies, code) => {
    await expect(write({ replies, reason: 'request' })).rejects.toMatchObject({ code });
  });

  it('it does not hide that the run is another process’s by now', async () => {
    await expect(write({ replies: [new LeaseLost('run r')] })).rejects.toThrow(LeaseLost);
    expect(requests).toHaveLength(1);
  });
});
