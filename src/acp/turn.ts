/** One prompt, from its arrival to its answer. */
export class Turn {
  /** The run that answers it, once the server has said which. */
  runId: string | undefined;
  #isCancelled = false;
  readonly #questions = new AbortController();
  readonly #staying = new AbortController();

  /** Whether the user has stopped it. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether it ends although its run goes on. */
  get hasLeft(): boolean {
    return this.#staying.signal.aborted;
  }

  /** Aborted when its questions are to be closed. */
  get questions(): AbortSignal {
    return this.#questions.signal;
  }

  /** Aborted when its run is to be left to itself. */
  get staying(): AbortSignal {
    return this.#staying.signal;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#questions.abort();
  }

  leave(): void {
    this.#staying.abort();
  }
}
