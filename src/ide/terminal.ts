import { on } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Screen } from './screen.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Asks, and answers what was typed. */
export interface Prompt {
  /**
   * Undefined when nothing more will be typed.
   * @param signal ends the question; what is typed after that answers the next one
   */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
}

/** The keyboard, line by line. Lines that were typed ahead, or come through a pipe, wait for their question. */
export class Terminal implements Prompt {
  readonly #readline = createInterface({ input: process.stdin, output: process.stdout });
  readonly #lines: AsyncIterator<unknown[], undefined>;
  readonly #screen: Screen;
  /** The line that a question waits for; the next one where that question was ended. */
  #next: Promise<IteratorResult<unknown[], undefined>> | undefined;
  #hasEnded = false;

  /**
   * @param signal rejects the question that is open
   * @param interrupt what Ctrl-C does: while lines are edited it is a key, not a signal
   */
  constructor(screen: Screen, signal: AbortSignal, interrupt: () => void) {
    this.#screen = screen;
    this.#lines = on(this.#readline, 'line', { signal, close: ['close'] });
    this.#readline.on('SIGINT', interrupt);
    this.#readline.on('close', () => (this.#hasEnded = true));
  }

  ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.#screen.question(async () => {
      this.#readline.setPrompt(`${question} `);
      if (this.#hasEnded) process.stdout.write(`${question} `);
      else this.#readline.prompt();
      this.#next ??= this.#lines.next();
      const next = await unlessAborted(this.#next, signal);
      this.#next = undefined;
      if (next.done) return undefined;
      const line = String(next.value[0]).trim();
      if (!process.stdin.isTTY) process.stdout.write(`${line}\n`); // only a terminal echoes its input
      return line;
    });
  }

  [Symbol.dispose](): void {
    this.#readline.close();
  }
}
