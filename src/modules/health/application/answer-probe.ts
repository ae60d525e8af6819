import { Injectable } from '@nestjs/common';
import { Readiness } from './readiness.js';

/** The parts of an HTTP request that show its origin. */
interface Probe {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface ProbeAnswer {
  readonly statusCode: 200 | 503;
  readonly body: object;
}

/** With IPv4-mapped IPv6 addresses. */
const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/i;
/** Headers that proxies add: behind a proxy the socket's address is not the client's. */
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Answers whether this process accepts new work. Only clients on this machine get the state of each part. */
@Injectable()
export class AnswerProbe {
  constructor(private readonly readiness: Readiness) {}

  async execute(probe: Probe): Promise<ProbeAnswer> {
    const { isReady, details } = await this.readiness.check();
    return {
      statusCode: isReady ? 200 : 503,
      body: isLocal(probe) ? details : { status: isReady ? 'ok' : 'error' },
    };
  }
}

const isLocal = ({ socket, headers }: Probe): boolean =>
  LOOPBACK.test(socket.remoteAddress ?? '') && PROXIED.every((name) => headers[name] === undefined);
