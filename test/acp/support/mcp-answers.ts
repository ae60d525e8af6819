import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { pngOf } from '../../support/images.ts';

export interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Record<string, unknown>;
    readonly requestId?: number;
    readonly protocolVersion?: string;
  };
}

type Send = (message: object) => void;

const NO_ARGUMENTS = { type: 'object', properties: {} };
const tool = (name: string, more: object = {}) => ({
  ...{ name, description: `Does ${name}`, inputSchema: NO_ARGUMENTS },
  ...more,
});
const text = (said: string) => ({ content: [{ type: 'text', text: said }] });

/** An MCP server, but for how its messages travel. It leaves its calls in the file `calls`, and those that were cancelled in `cancelled`. */
export class McpAnswers {
  readonly #send: Send;
  readonly #folder: string;
  readonly #capabilities: object;
  #hasGrown = false;

  /** @param folder where its files are left */
  constructor(send: Send, folder: string, capabilities: object = { tools: { listChanged: true } }) {
    this.#send = send;
    this.#folder = folder;
    this.#capabilities = capabilities;
  }

  take({ id, method, params }: Message): void {
    const answer = (result: object) => this.#send({ jsonrpc: '2.0', id, result });
    if (method === 'initialize') {
      const serverInfo = { name: 'test server', version: '1.0.0' };
      answer({ protocolVersion: params!.protocolVersion, capabilities: this.#capabilities, serverInfo });
    }
    if (method === 'ping') answer({});
    if (method === 'tools/list') answer({ tools: this.#tools() });
    if (method === 'notifications/cancelled') this.#leave('cancelled', String(params!.requestId));
    if (method === 'tools/call') this.#call(params!.name!, params!.arguments ?? {}, answer);
  }

  #tools(): object[] {
    const said = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
    return [
      tool('echo', { inputSchema: said, annotations: { readOnlyHint: true } }),
      tool('picture'),
      tool('fail'),
      tool('environment'),
      tool('wait'),
      tool('die'),
      tool('grow'),
      tool('patterned', {
        inputSchema: { type: 'object', properties: { a: { type: 'string', pattern: 'a+' } } },
      }),
      ...(this.#hasGrown ? [tool('grown')] : []),
    ];
  }

  #call(name: string, args: Record<string, unknown>, answer: (result: object) => void): void {
    this.#leave('calls', `${process.pid} ${name}`);
    if (name === 'echo') answer(text(`It says ${String(args['text'])}`));
    if (name === 'picture') {
      const image = { type: 'image', data: pngOf(500).toString('base64'), mimeType: 'image/png' };
      answer({ content: [{ type: 'text', text: 'Look:' }, image] });
    }
    if (name === 'fail') answer({ ...text(`Refused for ${process.env['SECRET']}`), isError: true });
    if (name === 'environment') answer(text(Object.keys(process.env).join(' ')));
    if (name === 'die') {
      console.error(
        `\u001b[31mIt cannot\u001b]0;title\u0007 go\u009b2J on\u0008 with ${process.env['SECRET']}\n\u001b[0m`,
      );
      process.exit(3);
    }
    if (name === 'grow') {
      this.#hasGrown = true;
      this.#send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
      answer(text('It has grown'));
    }
  }

  #leave(file: string, line: string): void {
    appendFileSync(join(this.#folder, file), `${line}\n`);
  }
}
