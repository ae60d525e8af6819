import type { LLMock } from '@copilotkit/aimock';
import { answerOffline } from './answers.js';

/** The speed of a fast real model, so that users can watch the answers stream. */
const TOKENS_PER_SECOND = 60;
const CHARACTERS_PER_TOKEN = 4;

/**
 * A model server inside this process, to try the runtime without a key: OpenAI's protocol with canned answers. Part of
 * a development install only.
 */
export class OfflineModel {
  private constructor(private readonly server: LLMock) {}

  /** Undefined if the package that it needs is not installed. */
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
