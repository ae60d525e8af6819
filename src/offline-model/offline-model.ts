import type { LLMock } from '@copilotkit/aimock';
import { answerOffline } from './answers.js';

/** The pace of a fast real model, so that the answers can be watched. */
const TOKENS_PER_SECOND = 60;
const CHARACTERS_PER_TOKEN = 4;

/**
 * A model server inside this process for trying things out without a key: OpenAI's protocol, canned answers. It comes
 * with a development install only.
 */
export class OfflineModel {
  private constructor(private readonly server: LLMock) {}

  /** Undefined where the package it lives on is not installed. */
  static async start(): Promise<OfflineModel | undefined> {
    const aimock = await import('@copilotkit/aimock').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
      throw error;
    });
    if (!aimock) return undefined;
    const server = new aimock.LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });
    server.addFixture({
      match: { predicate: () => true },
      response: answerOffline,
      chunkSize: CHARACTERS_PER_TOKEN,
      streamingProfile: { ttft: 120, tps: TOKENS_PER_SECOND },
    });
    await server.start();
    return new OfflineModel(server);
  }

  get url(): string {
    return `${this.server.url}/v1`;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
