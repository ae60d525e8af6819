import { ModelError } from '../application/language-model.js';
import { connectTimeout } from './openai-errors.js';

/** The limits of a call, in milliseconds. */
export interface CallLimits {
  /** Until the request is sent. */
  readonly connectMs: number;
  /** From then until the first usable piece of the answer: text, reasoning or a part of a call. */
  readonly firstTokenMs: number;
  /** From one piece to the next, unless the model says that it thinks. */
  readonly idleMs: number;
}

/** After the finish reason only usage and the end mark may follow, at once. */
const LAST_EVENTS_MS = 5_000;

/**
 * Ends a call by its signal when the model is silent for too long. Silence is measured in usable pieces: gateways keep
 * stalled calls alive by comments and empty chunks.
 */
export class CallWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;
  private stage: 'connecting' | 'sent' | 'answering' | 'thinking' | 'finished' = 'connecting';

  constructor(private readonly limits: CallLimits) {
    this.timer = this.start(limits.connectMs, connectTimeout);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isSent(): boolean {
    return this.stage !== 'connecting';
  }

  /** The request is sent. */
  sent(): void {
    if (this.stage === 'connecting') this.enter('sent', this.limits.firstTokenMs, firstTokenTimeout);
  }

  /** A usable piece has arrived. */
  heard(): void {
    if (this.stage === 'answering') this.timer.refresh();
    else if (this.stage !== 'finished') this.enter('answering', this.limits.idleMs, idleTimeout);
  }

  /** The model thinks: until the next piece as much time may pass as before the first one. */
  thinks(): void {
    if (this.stage === 'answering') this.enter('thinking', this.limits.firstTokenMs, idleTimeout);
  }

  /** The finish reason has arrived. What follows it extends nothing. */
  finished(): void {
    if (this.stage === 'finished') return;
    this.enter('finished', Math.min(LAST_EVENTS_MS, this.limits.idleMs), idleTimeout);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private enter(stage: CallWatch['stage'], limitMs: number, toError: () => ModelError): void {
    clearTimeout(this.timer);
    this.stage = stage;
    this.timer = this.start(limitMs, toError);
  }

  private start(limitMs: number, toError: () => ModelError): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(toError()), limitMs);
  }
}

const firstTokenTimeout = () =>
  new ModelError('model.first_token_timeout', 'The model did not begin to answer in time');

const idleTimeout = () => new ModelError('model.idle_timeout', 'The model fell silent');
