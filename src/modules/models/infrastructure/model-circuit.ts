import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import {
  BrokenCircuitError,
  CircuitBreakerPolicy,
  CircuitState,
  DelegateBackoff,
  IBreaker,
  IHalfOpenAfterBackoffContext,
  circuitBreaker,
  handleType,
} from 'cockatiel';
import { Gauge } from 'prom-client';
import { ModelError, ModelErrorCode } from '../application/language-model.js';

/** When the endpoint counts as broken, and for how long it is left alone then. */
export abstract class CircuitLimits {
  /** How many of the newest signs are looked at: calls that began to be answered, and failures. */
  abstract readonly signs: number;
  /** So many of them must be failures; of one call, one less is counted at most, however often it is tried. */
  abstract readonly failures: number;
  abstract readonly openMs: number;
}

export const CIRCUIT_LIMITS = { signs: 10, failures: 5, openMs: 10_000 } satisfies CircuitLimits;

/** As the gauge has them. */
const CLOSED = 0;
const HALF_OPEN = 1;
const OPEN = 2;

/** Timers may fire a little early: a caller that comes back then must not find the circuit still open. */
const TIMER_SLACK_MS = 20;

/**
 * A refused request, a quota that is used up or an answer of no use say something about that one call. So does 429: the
 * endpoint is there, says itself how long to wait, and often means one model or key only.
 */
const AGAINST_THE_ENDPOINT: ReadonlySet<ModelErrorCode> = new Set([
  'model.unavailable',
  'model.connect_timeout',
  'model.idle_timeout',
  'model.server_error',
  'model.stream_cut',
]);

/** Decides when to open: by so many failures among the newest signs, and half open by the first. */
class FailureCount implements IBreaker {
  /** The newest signs, true for a failure. */
  state: boolean[] = [];

  constructor(private readonly limits: CircuitLimits) {}

  success(circuit: CircuitState): void {
    if (circuit === CircuitState.HalfOpen) this.state = [];
    this.note(false);
  }

  failure(circuit: CircuitState): boolean {
    this.note(true);
    return circuit !== CircuitState.Closed || this.state.filter(Boolean).length >= this.limits.failures;
  }

  private note(failed: boolean): void {
    this.state = [...this.state, failed].slice(-this.limits.signs);
  }
}

/** What the library counts as a failure. */
class Strike extends Error {
  constructor(
    override readonly cause: unknown,
    /** How long the circuit is open, if it opens by this. */
    readonly openMs: number,
  ) {
    super('The model’s endpoint did not answer');
  }
}

/**
 * Keeps calls away from a model endpoint that fails: open, every call is refused at once; after a while one call goes
 * out to try, and those that come meanwhile wait for its first word. One circuit serves all runs of the process.
 */
@Injectable()
export class ModelCircuit {
  private readonly logger = new Logger(ModelCircuit.name);
  private readonly policy: CircuitBreakerPolicy;
  private opened = 0;
  /** What it opened by last. */
  private openedBy: Strike | undefined;
  private tryAgainAt = 0;

  constructor(
    @InjectMetric('llm_circuit_state') private readonly state: Gauge,
    private readonly limits: CircuitLimits,
  ) {
    this.policy = circuitBreaker(handleType(Strike), {
      breaker: new FailureCount(limits),
      halfOpenAfter: new DelegateBackoff(({ result }: IHalfOpenAfterBackoffContext) =>
        this.open('error' in result && result.error instanceof Strike ? result.error : undefined),
      ),
    });
    this.policy.onHalfOpen(() => state.set(HALF_OPEN));
    this.policy.onReset(() => {
      state.set(CLOSED);
      this.logger.log('the model’s endpoint answers again');
    });
    state.set(CLOSED);
  }

  /**
   * Makes the call, unless the circuit is open.
   * @param call says when the model begins to answer, and fails with ModelError or, ended by us, the signal's reason
   * @param retry how often it was made before
   * @throws ModelError model.circuit_open
   */
  async pass<T>(call: (begins: () => void) => Promise<T>, signal: AbortSignal, retry = 0): Promise<T> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    const admitted = this.policy.execute(() => {
      signal.removeEventListener('abort', leave); // from here on the call itself sees to it
      const { answer, sign } = this.observe(call, signal, retry);
      resolve(answer);
      return sign;
    });
    // Once the call is made, its answer says what became of it.
    admitted.catch((error: unknown) => reject(error instanceof BrokenCircuitError ? this.refusal() : error));
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /**
   * The answer, and the first sign of how the endpoint is: it begins to answer, or fails. An answer may take minutes;
   * nobody waits for its end to know that the endpoint is there. What breaks off later is a sign of its own.
   */
  private observe<T>(call: (begins: () => void) => Promise<T>, signal: AbortSignal, retry: number) {
    const sign = Promise.withResolvers<void>();
    const probing = this.policy.state === CircuitState.HalfOpen;
    const { opened } = this;
    let begun = false;
    const answer = signal.aborted
      ? Promise.reject<T>(signal.reason)
      : call(() => {
          begun = true;
          sign.resolve();
        });
    answer.then(
      () => sign.resolve(),
      (error: unknown) => {
        // What began before the circuit opened tells of the time before; one call alone tells only of itself.
        const counts =
          isAgainstTheEndpoint(error, signal) &&
          this.opened === opened &&
          (probing || retry < this.limits.failures - 1);
        const strike = new Strike(error, this.limits.openMs);
        if (begun && counts) {
          this.policy.execute(() => Promise.reject(strike)).catch(() => undefined); // said by the answer
        }
        // A probe that was cancelled has shown nothing: whoever is next may try at once.
        if (probing && signal.aborted) sign.reject(new Strike(error, 0));
        else sign.reject(counts ? strike : error);
      },
    );
    return { answer, sign: sign.promise };
  }

  /** @returns for how long, in milliseconds */
  private open(strike: Strike | undefined): number {
    const openMs = strike?.openMs ?? this.limits.openMs;
    this.opened++;
    this.openedBy = strike;
    this.tryAgainAt = Date.now() + openMs;
    this.state.set(OPEN);
    if (openMs > 0) {
      this.logger.warn({ code: this.lastFailure()?.code }, 'the model’s endpoint is not asked for a while');
    }
    return openMs;
  }

  private refusal(): ModelError {
    const waitMs = Math.max(0, this.tryAgainAt - Date.now()) + TIMER_SLACK_MS;
    const why = this.lastFailure()?.message ?? 'The model failed';
    const message = `${why}; after several failures its endpoint is left alone for a moment`;
    return new ModelError('model.circuit_open', message, waitMs);
  }

  private lastFailure(): ModelError | undefined {
    const cause = this.openedBy?.cause;
    return cause instanceof ModelError ? cause : undefined;
  }
}

const isAgainstTheEndpoint = (error: unknown, signal: AbortSignal): boolean =>
  !signal.aborted && error instanceof ModelError && AGAINST_THE_ENDPOINT.has(error.code);
