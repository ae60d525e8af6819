import { once } from 'node:events';
import { IncomingMessage, Server, ServerResponse, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

type Value = string | number | boolean | string[];

/** A span as it arrives. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for one that begins its trace. */
  readonly parentSpanId: string;
  /** 1 internal, 2 server, 3 client */
  readonly kind: number;
  /** In milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  /** Of the process that sent it. */
  readonly service: Readonly<Record<string, Value>>;
}

/** Takes spans as a collector does: OTLP over HTTP, in Protocol Buffers. */
export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  /** Where they were sent to, as the request says. */
  readonly paths: string[] = [];
  /** What it answers with. */
  status = 200;
  /** Whether it answers nothing at all. */
  isSilent = false;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async start(): Promise<TraceCollector> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TraceCollector(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    this.paths.push(request.url ?? '');
    if (this.isSilent) return;
    if (this.status === 200) this.spans.push(...spansIn(readMessage(body)));
    response.writeHead(this.status, { 'content-type': 'application/x-protobuf' }).end();
  }

  named(name: string): CollectedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The one span of this name. @throws Error where there is none, or another one */
  one(name: string): CollectedSpan {
    const found = this.named(name);
    if (found.length === 1) return found[0]!;
    throw new Error(`${found.length} spans ${name} among: ${this.spans.map((span) => span.name).join(', ')}`);
  }

  /** What a span consists of, in the order in which its parts began. */
  partsOf({ traceId, spanId }: CollectedSpan): CollectedSpan[] {
    return this.spans
      .filter((span) => span.traceId === traceId && span.parentSpanId === spanId)
      .toSorted((a, b) => a.from - b.from);
  }

  /** The names of a span and all below it, indented by depth; what `isShown` refuses is left out with all below it. */
  tree(span: CollectedSpan, isShown: (span: CollectedSpan) => boolean = () => true, depth = 0): string[] {
    const parts = this.partsOf(span).filter(isShown);
    return [
      `${'  '.repeat(depth)}${span.name}`,
      ...parts.flatMap((part) => this.tree(part, isShown, depth + 1)),
    ];
  }
}

// The numbers of opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto.

const spansIn = (request: Fields): CollectedSpan[] =>
  messagesIn(request, 1).flatMap((resourceSpans) => {
    const service = attributesIn(messagesIn(resourceSpans, 1)[0]!, 1);
    const spans = messagesIn(resourceSpans, 2).flatMap((scopeSpans) => messagesIn(scopeSpans, 2));
    return spans.map((span) => toSpan(span, service));
  });

const toSpan = (span: Fields, service: CollectedSpan['service']): CollectedSpan => ({
  name: textIn(span, 5),
  traceId: textIn(span, 1, 'hex'),
  spanId: textIn(span, 2, 'hex'),
  parentSpanId: textIn(span, 4, 'hex'),
  kind: Number(numberIn(span, 6)),
  from: Number(numberIn(span, 7)) / 1e6,
  to: Number(numberIn(span, 8)) / 1e6,
  attributes: attributesIn(span, 9),
  links: messagesIn(span, 13).map((link) => ({
    traceId: textIn(link, 1, 'hex'),
    spanId: textIn(link, 2, 'hex'),
  })),
  failed: messagesIn(span, 15).some((status) => numberIn(status, 3) === 2n),
  service,
});

const attributesIn = (fields: Fields, number: number): Record<string, Value> =>
  Object.fromEntries(
    messagesIn(fields, number).map((pair) => [textIn(pair, 1), valueOf(messagesIn(pair, 2)[0]!)]),
  );

function valueOf(value: Fields): Value {
  if (value.has(2)) return numberIn(value, 2) === 1n;
  if (value.has(3)) return Number(numberIn(value, 3));
  if (value.has(4)) return new Float64Array(new BigUint64Array([numberIn(value, 4)]).buffer)[0]!;
  if (value.has(5)) return messagesIn(messagesIn(value, 5)[0]!, 1).map((each) => textIn(each, 1));
  return textIn(value, 1);
}

/** The fields of a message by their numbers, each as often as it occurs: numbers, or bytes that mean what they may. */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** Reads the wire format of Protocol Buffers, as much of it as OTLP uses. */
function readMessage(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const value = () => {
      switch (tag & 7) {
        case 0:
          return varint();
        case 1:
          return take(8).readBigUInt64LE();
        case 2:
          return take(Number(varint()));
        case 5:
          return BigInt(take(4).readUInt32LE());
        default:
          throw new Error(`no such wire type: ${tag & 7}`);
      }
    };
    const number = tag >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value()]);
  }
  return fields;
}

const messagesIn = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((each) => readMessage(each as Buffer));

const textIn = (fields: Fields, number: number, encoding: 'utf8' | 'hex' = 'utf8'): string =>
  (fields.get(number)?.[0] as Buffer | undefined)?.toString(encoding) ?? '';

const numberIn = (fields: Fields, number: number): bigint =>
  (fields.get(number)?.[0] as bigint | undefined) ?? 0n;
