import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** The input has ended before all was answered. */
export class InputEnded extends Error {
  constructor() {
    super('The input ended before all was answered: nothing is saved');
  }
}

/** Asks at a terminal, or reads the answers from a pipe, one a line. */
export class Questions implements Disposable {
  #isHidden = false;
  readonly #readline = createInterface({
    input: process.stdin,
    output: new Writable({
      write: (piece, _encoding, done) => {
        if (!this.#isHidden) process.stdout.write(piece as Buffer);
        done();
      },
    }),
    terminal: process.stdin.isTTY,
  });
  readonly #lines = this.#readline[Symbol.asyncIterator]();

  constructor() {
    this.#readline.on('SIGINT', () => process.exit(130));
  }

  /** @param fallback what an empty answer means; @throws InputEnded */
  async ask(question: string, fallback = ''): Promise<string> {
    process.stdout.write(`${question}${fallback && ` [${fallback}]`}: `);
    const { value, done } = await this.#lines.next();
    if (!process.stdin.isTTY || this.#isHidden) process.stdout.write('\n'); // what is typed is not to be seen
    if (done) throw new InputEnded();
    return value.trim() || fallback;
  }

  /** The same for a secret: what is typed is not shown. */
  async askHidden(question: string): Promise<string> {
    this.#isHidden = true;
    try {
      return await this.ask(question);
    } finally {
      this.#isHidden = false;
    }
  }

  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await this.ask(`${question} (y/n)`, 'n'));
  }

  [Symbol.dispose](): void {
    this.#readline.close();
  }
}
