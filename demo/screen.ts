import { styleText } from 'node:util';
import type { DataOf, ToolOutcome } from './api.ts';

const WIDTH = 72;
const MARGIN = '  ';

/** Everything the demo prints. Colours appear where the terminal has them and NO_COLOR does not forbid it. */
export class Screen {
  /** Who speaks next; the name is printed with the first word. */
  #speaker: string | undefined;
  #inLine = false;

  title(text: string): void {
    this.#line(styleText('bold', text));
  }

  fact(name: string, value: string): void {
    this.#line(`${MARGIN}${styleText('dim', name.padEnd(10))} ${value}`);
  }

  user(text: string): void {
    this.#line(`\n${styleText(['bold', 'green'], 'you')} ${text}`);
  }

  speaks(agent: string): void {
    this.#speaker = agent;
  }

  /** Words of an agent, as they come. */
  text(piece: string): void {
    if (piece === '') return;
    if (this.#speaker) {
      this.#line('');
      process.stdout.write(`${styleText(['bold', 'cyan'], this.#speaker)} `);
      this.#speaker = undefined;
      this.#inLine = true;
    }
    for (const part of piece.split(/(?<=\n)/)) {
      process.stdout.write(this.#inLine || part === '\n' ? part : MARGIN + part);
      this.#inLine = !part.endsWith('\n');
    }
  }

  handOver({ from, to, reason, confidence }: DataOf<'agent.switched'>): void {
    const why = confidence ? `${reason}; confidence: ${confidence}` : reason;
    this.#line(`${MARGIN}${styleText('magenta', `${from} → ${to}`)} ${styleText('dim', `(${why})`)}`);
  }

  toolCall(name: string, args: Record<string, unknown>): void {
    const shown = Object.entries(args).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    this.#line(`${MARGIN}${styleText('yellow', `→ ${name}`)} ${clip(shown.join(' '))}`);
  }

  toolOutcome(outcome: ToolOutcome, elapsedMs: number): void {
    const mark = 'error' in outcome ? styleText('red', '✗') : styleText('green', '←');
    const shown = 'error' in outcome ? outcome.error : describe(outcome.result);
    this.#line(`${MARGIN}${mark} ${clip(shown)} ${styleText('dim', `· ${duration(elapsedMs)}`)}`);
  }

  runFinished(
    { status, error, usage }: DataOf<'run.finished'>,
    { firstTokenMs, totalMs }: { firstTokenMs: number | undefined; totalMs: number },
  ): void {
    const facts = [
      `run ${status} in ${duration(totalMs)}`,
      ...(error ? [error.message] : []),
      ...(firstTokenMs === undefined ? [] : [`first token after ${duration(firstTokenMs)}`]),
      `${usage.model_calls} model calls`,
      `${usage.total_tokens} tokens`,
    ];
    this.#line(`\n${MARGIN}${styleText('dim', facts.join(' · '))}`);
  }

  note(text: string): void {
    this.#line(`${MARGIN}${styleText('yellow', `~ ${text}`)}`);
  }

  passed(text: string): void {
    this.#line(`${MARGIN}${styleText('green', '✓')} ${text}`);
  }

  failed(text: string): void {
    this.#line(`${MARGIN}${styleText('red', '✗')} ${text}`);
  }

  #line(text: string): void {
    console.log(this.#inLine ? `\n${text}` : text);
    this.#inLine = false;
  }
}

export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** One line for what a tool answered: text, or the way a command ended. */
function describe(result: unknown): string {
  if (typeof result === 'string')
    return result
      .trim()
      .split(/\s*\n\s*/)
      .join(' ⏎ ');
  const {
    exit_code: code,
    stdout,
    stderr,
  } = result as { exit_code: number | null; stdout: string; stderr: string };
  return `exit code ${code ?? 'none, it was stopped'}: ${stdout.trim() || stderr.trim()}`;
}

const clip = (text: string): string => (text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text);
