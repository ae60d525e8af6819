import { createServer } from 'node:http';
import { once } from 'node:events';
import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { MetricsText } from '../application/metrics-text.js';

/** Serves the metrics on a port of their own, where METRICS_PORT asks for it. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap {
  constructor(
    private readonly metrics: MetricsText,
    private readonly config: Config,
    private readonly shutdown: Shutdown,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { metricsPort, host } = this.config;
    if (metricsPort === undefined) return;
    const server = createServer((request, response) => {
      if (request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      this.metrics.read().then(
        (text) => response.writeHead(200, { 'content-type': MetricsText.CONTENT_TYPE }).end(text),
        () => response.writeHead(500).end(),
      );
    });
    server.listen(metricsPort, host);
    await once(server, 'listening');
    // Scraped until the end: what happens while the process drains is worth seeing.
    this.shutdown.register('close_database', () => {
      server.close();
      server.closeAllConnections();
    });
  }
}
