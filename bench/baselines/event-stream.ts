import type { ServerResponse } from 'node:http';

/** Whose events they are, in the fields that all events of our API have. */
export interface Origin {
  readonly sessionId: string;
  readonly runId: string;
}

/** A reader of our API's events. */
export class EventStream {
  private seq = 0;
  private readonly response: ServerResponse;
  private readonly origin: Origin;

  constructor(response: ServerResponse, origin: Origin) {
    this.response = response;
    this.origin = origin;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  send(type: string, data: object): void {
    const id = String(++this.seq);
    const { sessionId, runId } = this.origin;
    const event = {
      ...{ id, type, session_id: sessionId, run_id: runId },
      ...{ created_at: new Date().toISOString(), data },
    };
    this.response.write(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  end(): void {
    this.response.end();
  }
}
