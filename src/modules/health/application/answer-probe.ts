import { Injectable } from '@nestjs/common';
import { Readiness } from './readiness.js';

/** Of an HTTP request, what tells where it comes from. */
interface Probe {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface ProbeAnswer {
  readonly statusCode: 200 | 503;
  readonly body: object;
}

/** IPv4 may come in the clothes of IPv6. */
const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/i;
/** What a proxy adds: its own socket says nothing of who asks. */
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Answers whether new work may be sent here; what is wrong with which part is only for whoever is on this machine. */
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
