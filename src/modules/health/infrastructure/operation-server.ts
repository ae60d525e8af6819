import { once } from 'node:events';
import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { isLocalName } from '../../../shared/domain/local-name.js';
import { AnswerProbe } from '../application/answer-probe.js';
import { MetricsText } from '../application/metrics-text.js';

/** Answers scrapes and probes on a port of its own: METRICS_PORT, or that of a process that serves nothing else. */
@Injectable()
export class OperationServer {
  private readonly logger = new Logger(OperationServer.name);

  constructor(
    private readonly metrics: MetricsText,
    private readonly answerProbe: AnswerProbe,
    private readonly config: Config,
    private readonly shutdown: Shutdown,
  ) {}

  /** @returns the port it listens at, which is `port` unless that is 0 */
  async listen(port: number): Promise<number> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        this.logger.error({ err: error }, 'a probe or a scrape could not be answered');
        response.writeHead(500).end();
      });
    });
    server.listen(port, this.config.host);
    await once(server, 'listening');
    // Scraped until the end: what happens while the process drains is worth seeing.
    this.shutdown.register('close_database', () => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0] ?? '';
    if (this.config.auth.mode === 'none' && !isLocalName(request.headers.host)) {
      response.writeHead(403).end();
    } else if (path === '/metrics') {
      const text = await this.metrics.read();
      response.writeHead(200, { 'content-type': MetricsText.CONTENT_TYPE }).end(text);
    } else if (path === '/health/live') {
      sendJson(response, 200, { status: 'ok' });
    } else if (path === '/health' || path === '/health/ready') {
      const { statusCode, body } = await this.answerProbe.execute(request);
      sendJson(response, statusCode, body);
    } else {
      response.writeHead(404).end();
    }
  }
}

const sendJson = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
};
