import { on } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Screen } from './screen.ts';

/** Asks, and answers what was typed. */
export interface Prompt {
  /** Undefined when nothing more will be typed. */
  ask(question: string): Promise<string | undefined>;
}

/** The keyboard, line by line. Lines that were typed ahead, or come through a pipe, wait for their question. */
export class Terminal implements Prompt {
  readonly #readline = createInterface({ input: process.stdin, output: process.stdout });
  readonly #lines: AsyncIterator<unknown[]>;
  readonly #screen: Screen;
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

  ask(question: string): Promise<string | undefined> {
    return this.#screen.question(async () => {
      this.#readline.setPrompt(`${question} `);
      if (this.#hasEnded) process.stdout.write(`${question} `);
      else this.#readline.prompt();
      const next = await this.#lines.next();
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
