import { ChatCompletionRequest, Fixture, FixtureResponse, LLMock } from '@copilotkit/aimock';

/** One reply of the model, in the order of the script. */
export type Reply =
  | (Manner & { text: string; calls?: Call[] })
  | (Manner & { calls: Call[]; text?: string })
  | (Held & { status: number; retryAfter?: number; code?: string; message?: string });

interface Held {
  /** What it waits for before it replies. */
  after?: Promise<unknown>;
}

/** A reply that the model gives when the test lets it. */
export function held(reply: Reply): [reply: Reply, letGo: () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [{ ...reply, after: promise }, resolve];
}

interface Manner extends Held {
  /** What it reasons before. */
  reasoning?: string;
  pace?: Pace;
  cutAfterChunks?: number;
  /** `stop` or `tool_calls` if unset. */
  finishReason?: string;
}

export interface Call {
  name: string;
  /** An object, or text that need not be JSON. */
  args: object | string;
}

interface Pace {
  /** Characters per chunk. */
  chunk?: number;
  tokensPerSecond?: number;
  firstTokenMs?: number;
}

const ATOMIC = { is_atomic: true, agent: 'code', confidence: 'high', reason: 'one file' };

/** A model server that replies by a script: what is not in the script is an error a test sees. */
export class ScriptedModel {
  readonly requests: ChatCompletionRequest[] = [];
  /** The requests that classify a task; the others are in `requests`. */
  readonly classifications: ChatCompletionRequest[] = [];
  /** The requests for notes that replace old messages, once `takeNotes` has said what comes of them. */
  readonly noteRequests: ChatCompletionRequest[] = [];
  private played = 0;
  private takesNotes = false;

  private constructor(private readonly server: LLMock) {}

  static async start(): Promise<ScriptedModel> {
    const server = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });
    await server.start();
    const model = new ScriptedModel(server);
    model.reset();
    return model;
  }

  get url(): string {
    return `${this.server.url}/v1`;
  }

  /** The value of a header of each request since the start. */
  headers(name: string): (string | undefined)[] {
    return this.server.getRequests().map(({ headers }) => headers[name]);
  }

  /** What was asked since the start, classifications too. */
  get bodies(): unknown[] {
    return this.server.getRequests().map(({ body }) => body);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Forgets script and requests. @param firstTokenMs how long it takes to begin a classification */
  reset(classification: object | string | { status: number } = ATOMIC, firstTokenMs = 0): void {
    this.server.clearFixtures();
    this.requests.length = 0;
    this.classifications.length = 0;
    this.noteRequests.length = 0;
    this.played = 0;
    this.takesNotes = false;
    this.server.addFixture({
      ...(firstTokenMs > 0 && this.speed({ text: '', pace: { firstTokenMs } })),
      match: { predicate: isClassification },
      response: (request) => {
        this.classifications.push(request);
        return 'status' in Object(classification)
          ? { error: { message: 'classifier down' }, status: (classification as { status: number }).status }
          : { content: typeof classification === 'string' ? classification : JSON.stringify(classification) };
      },
    });
  }

  /** What the model says to the requests that classify nothing, one after the other. */
  script(...replies: Reply[]): void {
    replies.forEach((reply, index) => {
      this.server.addFixture({
        ...this.speed(reply),
        match: { predicate: (request) => this.isScripted(request) && this.played === index },
        response: async (request) => {
          this.played++;
          this.requests.push(request);
          await reply.after;
          return toResponse(reply);
        },
      });
    });
  }

  /** What the model says to everything that classifies nothing. */
  always(reply: Reply): void {
    this.server.addFixture({
      ...this.speed(reply),
      match: { predicate: (request) => this.isScripted(request) },
      response: async (request) => {
        this.requests.push(request);
        await reply.after;
        return toResponse(reply);
      },
    });
  }

  /** What the model says to requests for notes, one after the other, the last one again and again; not part of the script. */
  takeNotes(...replies: Reply[]): void {
    this.takesNotes = true;
    let taken = 0;
    replies.forEach((reply, index) => {
      const isLast = index === replies.length - 1;
      this.server.addFixture({
        ...this.speed(reply),
        match: { predicate: (request) => asksForNotes(request) && (isLast || taken === index) },
        response: async (request) => {
          taken++;
          this.noteRequests.push(request);
          await reply.after;
          return toResponse(reply);
        },
      });
    });
  }

  private isScripted(request: ChatCompletionRequest): boolean {
    return !isClassification(request) && !(this.takesNotes && asksForNotes(request));
  }

  private speed(reply: Reply): Partial<Fixture> {
    if ('status' in reply) return {};
    const { pace, cutAfterChunks } = reply;
    return {
      chunkSize: pace?.chunk ?? 8,
      streamingProfile: { ttft: pace?.firstTokenMs ?? 0, tps: pace?.tokensPerSecond ?? 10_000 },
      ...(cutAfterChunks !== undefined && { truncateAfterChunks: cutAfterChunks }),
    };
  }
}

const beginsWith =
  (begin: string) =>
  ({ messages: [system] }: ChatCompletionRequest) =>
    typeof system?.content === 'string' && system.content.startsWith(begin);
/** By its prompt, as the form in which JSON is asked for may change. */
const isClassification = beginsWith('Classify the task');
const asksForNotes = beginsWith('You write the working notes of a coding agent');

function toResponse(reply: Reply): FixtureResponse {
  if ('status' in reply) {
    const { code, message = 'secret words of the provider' } = reply;
    const error = { message, ...(code && { code }) };
    return {
      error,
      status: reply.status,
      ...(reply.retryAfter !== undefined && { retryAfter: reply.retryAfter }),
    };
  }
  const end = {
    ...(reply.finishReason !== undefined && { finishReason: reply.finishReason }),
    ...(reply.reasoning !== undefined && { reasoning: reply.reasoning }),
  };
  if (!reply.calls) return { content: reply.text, ...end };
  const toolCalls = reply.calls.map(({ name, args }) => ({
    name,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
  }));
  return { ...(reply.text !== undefined && { content: reply.text }), toolCalls, ...end };
}
