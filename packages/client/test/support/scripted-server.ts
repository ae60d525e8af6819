import type { RuntimeEvent } from '../../src/index.ts';

export interface Asked {
  /** As `POST /v1/sessions`. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: unknown;
}

type Answer = Response | Error | ((asked: Asked, signal: AbortSignal) => Response | Promise<Response>);

/** A server behind `fetch` that answers by a script. The last answer of a route is given again and again. */
export class ScriptedServer {
  readonly asked: Asked[] = [];
  readonly #answers = new Map<string, Answer[]>();

  on(route: string, ...answers: Answer[]): this {
    this.#answers.set(route, answers);
    return this;
  }

  to(route: string): Asked[] {
    return this.asked.filter((asked) => asked.route === route);
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, searchParams } = new URL(request.url);
    const text = await request.text();
    const isJson = text !== '' && request.headers.get('content-type') === 'application/json';
    const asked = {
      route: `${request.method} ${pathname}`,
      query: Object.fromEntries(searchParams),
      headers: request.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text || undefined,
    };
    this.asked.push(asked);
    const answers = this.#answers.get(asked.route);
    const answer = answers && (answers.length > 1 ? answers.shift() : answers[0]);
    if (!answer) return problem(404, 'route.not_found');
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer.clone() : answer(asked, request.signal);
  };
}

export const json = (body: unknown, status = 200): Response => Response.json(body, { status });

export const problem = (
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response =>
  Response.json(
    { status, code, detail: `${code} it is`, title: 'T', type: 'urn:x', request_id: 'r1', ...more },
    { status, headers: { ...headers, 'content-type': 'application/problem+json' } },
  );

const STREAM = { headers: { 'content-type': 'text/event-stream; charset=utf-8' } };

const OPENING = ': open\nid: 0\nretry: 10\n\n';

const frameOf = (event: RuntimeEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** These events, then the end of the stream in order. */
export const stream = (...events: RuntimeEvent[]): Response =>
  new Response(OPENING + events.map(frameOf).join(''), STREAM);

/** These events, and then nothing more until the reader leaves. */
export const silentStream =
  (...events: RuntimeEvent[]) =>
  (_: Asked, signal: AbortSignal): Response => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(OPENING + events.map(frameOf).join('')));
        signal.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return new Response(body, STREAM);
  };

/** Of run r1 in session s1; now, if not told otherwise. */
export const event = (
  id: number,
  type: RuntimeEvent['type'] | (string & {}),
  data: object = {},
  createdAt = new Date(),
): RuntimeEvent =>
  ({
    id: String(id),
    type,
    session_id: 's1',
    run_id: 'r1',
    created_at: createdAt.toISOString(),
    data,
  }) as RuntimeEvent;

const USAGE = { model_calls: 1, prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

export const finished = (id: number): RuntimeEvent =>
  event(id, 'run.finished', { status: 'completed', usage: USAGE, duration_ms: 1 });

export const requested = (id: number, callId = 'c1', tool = 'read_file', createdAt?: Date): RuntimeEvent =>
  event(
    id,
    'tool_call.requested',
    { call_id: callId, tool_name: tool, arguments: { path: 'a.txt' }, agent: 'coder', deadline_at: null },
    createdAt,
  );
