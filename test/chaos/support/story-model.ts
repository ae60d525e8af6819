import { IncomingMessage, Server, ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { AddressInfo } from 'node:net';

/**
 * What a run is about. `answer`: one reply. `pair`: two tool calls at once, then a reply. `chain`: a call, another
 * call, a reply. `plan`: a plan that is reviewed, of two subtasks, of which `write` writes a file that has to be
 * allowed and `check` only speaks.
 */
export const STORY_KINDS = ['answer', 'pair', 'chain', 'plan'] as const;
export type StoryKind = (typeof STORY_KINDS)[number];

const TROUBLES = ['500', '429', 'malformed', 'cut', 'silent', 'halting'] as const;
/**
 * What goes wrong with the last reply of a story. `silent`: nothing comes at all; `halting`: it begins, and then
 * nothing more comes.
 */
export type Trouble = (typeof TROUBLES)[number];

export interface Story {
  readonly number: number;
  readonly kind: StoryKind;
  /** Of its last reply. */
  readonly words: number;
  readonly trouble?: { readonly kind: Trouble; readonly times: number };
}

/** A story, or a part of one: a subtask. */
type Part = Omit<Story, 'kind'> & { readonly kind: StoryKind | 'write' | 'check' };

interface Reply {
  readonly words: number;
  readonly calls: readonly { readonly name: string; readonly args: object }[];
}

interface ModelRequest {
  readonly messages: readonly { readonly role: string; readonly content: string | null }[];
  readonly response_format?: object;
}

/** The message by which the user starts a story: all that the model ever learns of it. */
export const taskOf = (story: Story): string => `Please do this: ${marker(story)}`;

const marker = ({ number, kind, words, trouble }: Part): string =>
  `[story ${number} ${kind} ${words}${trouble ? ` ${trouble.kind} ${trouble.times}` : ''}]`;

const MARKER = /\[story (\d+) (\w+) (\d+)(?: (\w+) (\d+))?\]/;

function partIn(content: string | null): Part | undefined {
  const [, number, kind, words, trouble, times] = MARKER.exec(content ?? '') ?? [];
  if (number === undefined) return undefined;
  return {
    number: Number(number),
    kind: kind as Part['kind'],
    words: Number(words),
    ...(trouble !== undefined && { trouble: { kind: trouble as Trouble, times: Number(times) } }),
  };
}

const WORDS = ['alder', 'birch', 'Zürich', 'elm 🌳', 'fir', 'hazel', 'ольха', '楓', 'pine', 'yew'];

/** What is said in a step of a story. `call` tells repeated model calls apart. */
function speech({ number, kind }: Part, step: number, words: number, call: number): string {
  const said = Array.from({ length: words }, (_, index) => WORDS[(number + step + index) % WORDS.length]!);
  return [`${number} ${kind} ${step} #${call}:`, ...said].join(' ');
}

/** The same whichever model call it came from. */
export const withoutCalls = (content: string): string => content.replaceAll(/#\d+/g, '#');

/** What the model says in each step of a part. */
function replies(part: Part): Reply[] {
  const { number, words } = part;
  const says = (count: number, ...calls: Reply['calls']): Reply => ({ words: count, calls });
  const read = { name: 'read_file', args: { path: `a-${number}.txt` } };
  switch (part.kind) {
    case 'answer':
    case 'check':
      return [says(words)];
    case 'pair':
      return [says(5, read, { name: 'list_files', args: { path: `folder-${number}` } }), says(words)];
    case 'chain':
      return [
        says(0, read),
        says(5, { name: 'search_in_code', args: { query: `text ${number}` } }),
        says(words),
      ];
    case 'plan':
      return [says(5, { name: 'create_plan', args: planOf(part) })];
    case 'write':
      return [
        says(5, { name: 'write_file', args: { path: `w-${number}.txt`, content: 'written' } }),
        // The end of a task by a tool, whose argument is spoken as well.
        says(0, { name: 'attempt_completion', args: {} }),
      ];
  }
}

const planOf = (part: Part): object => ({
  title: `Plan ${part.number}`,
  description: 'Two steps',
  subtasks: [
    {
      title: 'Write it',
      description: marker({ number: part.number, kind: 'write', words: 8 }),
      agent: 'coder',
    },
    { title: 'Check it', description: marker({ ...part, kind: 'check' }), agent: 'debug', dependencies: [0] },
  ],
});

/** What an IDE answers to a call. */
export const resultOf = (toolName: string, args: object): string => `did ${toolName} ${JSON.stringify(args)}`;

/** A message as it has to be stored when its story is over; `subtask` counts from 1, 0 = the main history. */
export interface ToldMessage {
  readonly subtask: number;
  readonly role: string;
  /** Without the numbers of model calls. */
  readonly content: string;
}

/** The messages of a story that was told to its end, in order. */
export function messagesOf(story: Story): ToldMessage[] {
  const main = told(story, 0);
  const user = { subtask: 0, role: 'user', content: taskOf(story) };
  if (story.kind !== 'plan') return [user, ...main];
  const [proposal] = main;
  const [write, check] = (['write', 'check'] as const).map((kind, index) =>
    told({ ...story, kind, words: kind === 'write' ? 8 : story.words }, index + 1),
  );
  const results = [write!, check!].map((messages) => messages.at(-1)!.content);
  const summary = `The plan “Plan ${story.number}” is carried out: 2 of 2 subtasks done.

1. Write it (coder): done
${results[0]}

2. Check it (debug): done
${results[1]}`;
  return [
    user,
    proposal!,
    { subtask: 0, role: 'tool', content: 'The developer has approved the plan; it is carried out.' },
    ...write!,
    ...check!,
    { subtask: 0, role: 'assistant', content: summary },
  ];
}

function told(part: Part, subtask: number): ToldMessage[] {
  return replies(part).flatMap(({ words, calls }, step) => {
    const completion = calls.some(({ name }) => name === 'attempt_completion');
    const content = withoutCalls(
      completion ? speech(part, step, part.words, 0) : words > 0 ? speech(part, step, words, 0) : '',
    );
    const answers = completion ? [] : calls.filter(({ name }) => name !== 'create_plan');
    return [
      { subtask, role: 'assistant', content },
      ...answers.map(({ name, args }) => ({ subtask, role: 'tool', content: resultOf(name, args) })),
    ];
  });
}

/** The tool calls of a story that was told to its end: name and arguments of each, in order. */
export function toolCallsOf(story: Story): { toolName: string; args: object }[] {
  const parts: Part[] =
    story.kind === 'plan' ? [story, { ...story, kind: 'write' }, { ...story, kind: 'check' }] : [story];
  return parts
    .flatMap((part) => replies(part).flatMap(({ calls }) => calls))
    .filter(({ name }) => name !== 'attempt_completion')
    .map(({ name, args }) => ({ toolName: name, args }));
}

/** What stands between a model and the end of its reply. */
interface Obstacles {
  readonly trouble: Trouble | undefined;
  readonly hold: Promise<void> | undefined;
}

interface Pace {
  readonly firstTokenMs: number;
  /** Between chunks of about two words. */
  readonly chunkMs: number;
}

/**
 * A model server (OpenAI's chat completions, streamed) that tells stories. What it replies depends on the request
 * alone, so that any number of runs may go on at once and any call may be repeated; only the number in `#n` differs
 * from call to call, and troubles that pass are counted.
 */
export class StoryModel {
  /** What it was asked for: `number kind step`, or `number classification`. */
  readonly asked: string[] = [];
  private readonly troubled = new Map<string, number>();
  private readonly holds = new Map<string, Promise<void>>();
  private held = Promise.withResolvers<void>();

  private constructor(
    private readonly server: Server,
    private readonly pace: Pace,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(pace: Partial<Pace> = {}): Promise<StoryModel> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new StoryModel(server, { firstTokenMs: 30, chunkMs: 20, ...pace });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    this.server.closeAllConnections();
    await closed;
  }

  /** The next call for this (as in `asked`) comes to a halt in the middle of its reply, until the next `letGo`. */
  hold(call: string): void {
    this.holds.set(call, this.held.promise);
  }

  letGo(): void {
    this.held.resolve();
    this.held = Promise.withResolvers();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { messages, response_format: format } = JSON.parse(await text(request)) as ModelRequest;
    const at = messages.findLastIndex(({ role, content }) => role === 'user' && partIn(content));
    const part = partIn(messages[at]?.content ?? null);
    if (!part) throw new Error('a request that tells of no story');
    const step = messages.slice(at).filter(({ role }) => role === 'assistant').length;
    const call = `${part.number} ${format ? 'classification' : `${part.kind} ${step}`}`;
    this.asked.push(call);
    const hold = this.holds.get(call);
    this.holds.delete(call);
    if (format) return this.classify(part, response, hold);
    const script = replies(part);
    const trouble = step === script.length - 1 ? this.troubleOf(part) : undefined;
    const reply = script[Math.min(step, script.length - 1)]!;
    await this.tell(part, step, reply, { trouble, hold }, new Telling(response));
  }

  private troubleOf({ number, kind, trouble }: Part): Trouble | undefined {
    if (!trouble || kind === 'plan') return undefined;
    const before = this.troubled.get(`${number}`) ?? 0;
    this.troubled.set(`${number}`, before + 1);
    return before < trouble.times ? trouble.kind : undefined;
  }

  private async classify(
    { kind }: Part,
    response: ServerResponse,
    hold: Promise<void> | undefined,
  ): Promise<void> {
    const telling = new Telling(response);
    const atomic = kind !== 'plan';
    const result = {
      is_atomic: atomic,
      agent: atomic ? 'code' : 'plan',
      confidence: 'high',
      reason: 'so it is told',
    };
    await pause(this.pace.firstTokenMs);
    await hold;
    telling.begin();
    telling.say(JSON.stringify(result));
    telling.end('stop');
  }

  private async tell(
    part: Part,
    step: number,
    { words, calls }: Reply,
    { trouble, hold }: Obstacles,
    telling: Telling,
  ): Promise<void> {
    const call = this.asked.length;
    await pause(this.pace.firstTokenMs);
    if (trouble === '500') return telling.refuse(500);
    if (trouble === '429') return telling.refuse(429);
    if (trouble === 'silent') return undefined;
    telling.begin();
    if (part.kind === 'answer') telling.think('How long is it to be? ');
    if (trouble === 'malformed') return telling.break('data: {"choices": [{"delta"\n\n');
    if (words > 0) await this.speak(telling, speech(part, step, words, call), { trouble, hold });
    if (trouble === 'cut') return telling.break('');
    if (trouble === 'halting') return undefined;
    for (const [index, { name, args }] of calls.entries()) {
      const given = name === 'attempt_completion' ? { result: speech(part, step, part.words, call) } : args;
      // In pieces, as models do.
      for (const [nth, piece] of chunksOf(JSON.stringify(given)).entries()) {
        telling.call(index, nth === 0 ? name : undefined, piece);
        await pause(this.pace.chunkMs);
      }
    }
    return telling.end(calls.length > 0 ? 'tool_calls' : 'stop');
  }

  private async speak(telling: Telling, said: string, { trouble, hold }: Obstacles): Promise<void> {
    const chunks = chunksOf(said);
    const middle = Math.ceil(chunks.length / 2);
    for (const [index, chunk] of chunks.slice(0, trouble ? middle : chunks.length).entries()) {
      if (index === middle) await hold;
      if (telling.isOver) return;
      telling.say(chunk);
      await pause(this.pace.chunkMs);
    }
  }
}

/** Pieces of 11 UTF-16 units: now and then one ends in the middle of a character. */
const chunksOf = (said: string): string[] => said.match(/[\s\S]{1,11}/g) ?? [];

/** One answer in the making. */
class Telling {
  constructor(private readonly response: ServerResponse) {
    response.on('error', () => undefined); // the client has disconnected
  }

  get isOver(): boolean {
    return this.response.destroyed;
  }

  begin(): void {
    this.response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  say(content: string): void {
    this.chunk({ content });
  }

  think(reasoning: string): void {
    this.chunk({ reasoning_content: reasoning });
  }

  call(index: number, name: string | undefined, piece: string): void {
    const id = name === undefined ? {} : { id: `call_${index}`, type: 'function' };
    this.chunk({ tool_calls: [{ index, ...id, function: { ...(name && { name }), arguments: piece } }] });
  }

  end(finishReason: string): void {
    this.chunk({}, finishReason);
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    this.response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  }

  refuse(status: number): void {
    this.response.writeHead(status, { 'content-type': 'application/json' });
    this.response.end(JSON.stringify({ error: { message: 'secret words of the provider' } }));
  }

  break(last: string): void {
    this.response.end(last);
  }

  private chunk(delta: object, finishReason: string | null = null): void {
    if (this.isOver) return;
    const choices = [{ index: 0, delta, finish_reason: finishReason }];
    this.response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`);
  }
}
