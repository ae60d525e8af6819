import type { Problem as ProblemBody } from './types.gen.ts';

const SHOWN_TEXT = 500;

/** The server, or what stands before it, has refused a request. Decide by `code`; the texts are for people. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Of the protocol, as `run.in_progress`; `http.502` where the answer is not one of the server. */
  readonly code: string;
  readonly detail: string;
  /** The fields at fault. */
  readonly errors: readonly { field: string; message: string }[];
  /** Finds the request in the log of the server. */
  readonly requestId: string | undefined;
  /** In milliseconds, where the server says when to repeat. */
  readonly retryAfter: number | undefined;
  /** All that was answered: some codes bring fields of their own. */
  readonly body: Readonly<Partial<ProblemBody>>;

  private constructor(response: Response, text: string) {
    const body = bodyOf(response, text);
    const code = body.code ?? `http.${response.status}`;
    const detail = body.detail ?? (text.slice(0, SHOWN_TEXT) || response.statusText);
    super(`${response.status} ${code}: ${detail}`);
    this.status = response.status;
    this.code = code;
    this.detail = detail;
    this.errors = body.errors ?? [];
    this.requestId = body.request_id ?? response.headers.get('x-request-id') ?? undefined;
    this.retryAfter = retryAfterOf(response.headers.get('retry-after'));
    this.body = body;
  }

  static async of(response: Response): Promise<Problem> {
    return new Problem(response, await response.text());
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    const isOvertaken = this.code === 'state.changed_meanwhile';
    return isOvertaken || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

function bodyOf(response: Response, text: string): Partial<ProblemBody> {
  if (!response.headers.get('content-type')?.includes('json')) return {};
  try {
    return (JSON.parse(text) ?? {}) as Partial<ProblemBody>;
  } catch {
    return {}; // the text itself becomes the detail
  }
}

function retryAfterOf(header: string | null): number | undefined {
  if (!header) return undefined;
  const ms = Number.isNaN(Number(header)) ? Date.parse(header) - Date.now() : Number(header) * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
