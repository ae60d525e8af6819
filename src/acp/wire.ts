import type { AnyMessage, JsonRpcId, Stream } from '@agentclientprotocol/sdk';

/** Told each message, as it is read or about to be written. */
export type WireLog = (from: 'editor' | 'agent', message: AnyMessage) => void;

/** The stream of a connection, which also tells when an answer has been written. */
export class Wire {
  readonly stream: Stream;
  readonly #afterAnswer = new Map<JsonRpcId, () => void>();

  constructor(inner: Stream, log: WireLog = () => undefined) {
    const writer = inner.writable.getWriter();
    this.stream = {
      readable: inner.readable.pipeThrough(
        new TransformStream<AnyMessage, AnyMessage>({
          transform: (message, controller) => {
            log('editor', message);
            controller.enqueue(message);
          },
        }),
      ),
      writable: new WritableStream<AnyMessage>({
        write: async (message) => {
          log('agent', message);
          await writer.write(message);
          if ('id' in message && !('method' in message)) this.#answered(message.id, 'result' in message);
        },
        close: () => writer.close(),
        abort: (reason) => writer.abort(reason),
      }),
    };
  }

  /** Editors lose what comes about a session before the answer that names it. @param then is not called if that is an error */
  afterAnswer(id: JsonRpcId, then: () => void): void {
    this.#afterAnswer.set(id, then);
  }

  #answered(id: JsonRpcId, isResult: boolean): void {
    const then = this.#afterAnswer.get(id);
    this.#afterAnswer.delete(id);
    if (isResult) then?.();
  }
}
