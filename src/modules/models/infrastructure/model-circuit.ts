import { Logger } from '@nestjs/common';
import {
  BrokenCircuitError,
  CircuitBreakerPolicy,
  CircuitState,
  IBackoffFactory,
  IBreaker,
  IHalfOpenAfterBackoffContext,
  circuitBreaker,
  handleType,
} from 'cockatiel';
import { ModelError, ModelErrorCode, ModelRequest } from '../application/language-model.js';

/** When the circuit opens, and for how long. */
export abstract class CircuitLimits {
  /** The number of newest signs that count. A sign is a call whose answer has begun, or a failure. */
  abstract readonly signs: number;
  /** Failures among the last `signs` that open the circuit. One call counts at most `failures - 1` times. */
  abstract readonly failures: number;
  abstract readonly openMs: number;
}

export const CIRCUIT_LIMITS = { signs: 10, failures: 5, openMs: 10_000 } satisfies CircuitLimits;

/** Values of the gauge. */
const CLOSED = 0;
const HALF_OPEN = 1;
const OPEN = 2;

/** Timers may fire a little early; a caller that retries after `retryAfterMs` must not find the circuit still open. */
const TIMER_SLACK_MS = 20;

/**
 * The failures that count. A refused request, an exhausted quota or an unusable answer concern one call only. So does
 * 429: the endpoint works, states how long to wait, and often limits a single model or key.
 */
const AGAINST_THE_ENDPOINT: ReadonlySet<ModelErrorCode> = new Set([
  'model.unavailable',
  'model.connect_timeout',
  'model.first_token_timeout',
  'model.idle_timeout',
  'model.server_error',
  'model.stream_cut',
]);

/** Opens the circuit at `failures` among the newest signs; a half-open one at the first failure. */
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

/** The only error that the library counts as a failure. */
class EndpointFailure extends Error {
  constructor(
    override readonly cause: unknown,
    /** How long the circuit stays open, if this failure opens it. */
    readonly openMs: number,
  ) {
    super('The model’s endpoint did not answer');
  }
}

/**
 * A circuit breaker for the endpoint of a provider. While open, it refuses every call at once; then one call probes the
 * endpoint, and other calls wait until its answer begins, unless they have somewhere else to go. One circuit serves all runs
 * of the process.
 */
export class ModelCircuit {
  private readonly logger = new Logger(ModelCircuit.name);
  private readonly policy: CircuitBreakerPolicy;
  private opened = 0;
  /** The number of answers that have begun. */
  private begun = 0;
  /** The failure that opened the circuit last. */
  private openedBy: EndpointFailure | undefined;
  /** By `performance.now()`. */
  private tryAgainAt = 0;
  /** The library compares this duration with times of the wall clock, which may step: over, or not yet. */
  private readonly openings: IBackoffFactory<IHalfOpenAfterBackoffContext> = {
    next: ({ result }) => {
      this.open('error' in result && result.error instanceof EndpointFailure ? result.error : undefined);
      const isOver = () => performance.now() >= this.tryAgainAt;
      return {
        ...this.openings,
        get duration() {
          return isOver() ? -Infinity : Infinity;
        },
      };
    },
  };

  constructor(
    /** The gauge of its state. */
    private readonly state: { set(value: number): void },
    private readonly limits: CircuitLimits,
    private readonly provider: string,
  ) {
    this.policy = circuitBreaker(handleType(EndpointFailure), {
      breaker: new FailureCount(limits),
      halfOpenAfter: this.openings,
    });
    this.policy.onHalfOpen(() => state.set(HALF_OPEN));
    this.policy.onReset(() => {
      state.set(CLOSED);
      this.logger.log({ provider }, 'the model’s endpoint answers again');
    });
    state.set(CLOSED);
  }

  /** Whether it refuses calls now. */
  get isRefusing(): boolean {
    return this.policy.state === CircuitState.Open && performance.now() < this.tryAgainAt;
  }

  /**
   * Makes the call, unless the circuit is open.
   * @param call calls `begins` when the answer begins; rejects with ModelError, or the signal's reason once aborted
   * @param options.retry the number of earlier attempts
   * @param options.hasFallback whether the call is rather refused than left to wait for a probe
   * @throws ModelError model.circuit_open
   */
  async pass<T>(
    call: (begins: () => void) => Promise<T>,
    signal: AbortSignal,
    { retry = 0, hasFallback }: Pick<ModelRequest, 'retry' | 'hasFallback'> = {},
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.policy.state === CircuitState.HalfOpen && hasFallback?.()) throw this.refusal();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    const admitted = this.policy.execute(() => {
      signal.removeEventListener('abort', leave); // from here on the call itself observes the signal
      const { answer, sign } = this.observe(call, signal, retry);
      resolve(answer);
      return sign;
    });
    // Only a refusal matters here: after the call has begun, `promise` follows its answer.
    admitted.catch((error: unknown) => reject(error instanceof BrokenCircuitError ? this.refusal() : error));
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /**
   * Makes the call. Returns its answer and the first sign of the endpoint's state: the answer begins, or the call fails.
   * An answer may take minutes, so the circuit does not wait for its end; a failure after its beginning is another sign.
   */
  private observe<T>(call: (begins: () => void) => Promise<T>, signal: AbortSignal, retry: number) {
    const sign = Promise.withResolvers<void>();
    const probing = this.policy.state === CircuitState.HalfOpen;
    const { opened, begun: begunBefore } = this;
    let begun = false;
    const answer = signal.aborted
      ? Promise.reject<T>(signal.reason)
      : call(() => {
          if (!begun) this.begun++;
          begun = true;
          sign.resolve();
        });
    answer.then(
      () => sign.resolve(),
      (error: unknown) => {
        // Not counted: calls made before the circuit last opened, retries from `failures - 1` on that are no probes, and
        // one whose model only takes long, as the endpoint begins other answers meanwhile.
        const othersBegun = this.begun - begunBefore - (begun ? 1 : 0);
        const counts =
          isAgainstTheEndpoint(error, signal) &&
          !(isFirstTokenTimeout(error) && othersBegun > 0) &&
          this.opened === opened &&
          (probing || retry < this.limits.failures - 1);
        const failure = new EndpointFailure(error, this.limits.openMs);
        if (begun && counts) {
          this.policy.execute(() => Promise.reject(failure)).catch(() => undefined); // thrown by the answer
        }
        // A cancelled probe shows nothing: open for 0 ms, so that the next call probes at once.
        if (probing && signal.aborted) sign.reject(new EndpointFailure(error, 0));
        else sign.reject(counts ? failure : error);
      },
    );
    return { answer, sign: sign.promise };
  }

  private open(failure: EndpointFailure | undefined): void {
    const openMs = failure?.openMs ?? this.limits.openMs;
    this.opened++;
    this.openedBy = failure;
    this.tryAgainAt = performance.now() + openMs;
    this.state.set(OPEN);
    if (openMs > 0) {
      const { provider } = this;
      this.logger.warn(
        { provider, code: this.lastFailure()?.code },
        'the circuit of the model’s endpoint is open',
      );
    }
  }

  private refusal(): ModelError {
    const waitMs = Math.max(0, this.tryAgainAt - performance.now()) + TIMER_SLACK_MS;
    const why = this.lastFailure()?.message ?? 'The model failed';
    const message = `${why}; after several failures its endpoint is left alone for a moment`;
    return new ModelError('model.circuit_open', message, { retryAfterMs: waitMs });
  }

  private lastFailure(): ModelError | undefined {
    const cause = this.openedBy?.cause;
    return cause instanceof ModelError ? cause : undefined;
  }
}

const isAgainstTheEndpoint = (error: unknown, signal: AbortSignal): boolean =>
  !signal.aborted && error instanceof ModelError && AGAINST_THE_ENDPOINT.has(error.code);

const isFirstTokenTimeout = (error: unknown): boolean =>
  error instanceof ModelError && error.code === 'model.first_token_timeout';
