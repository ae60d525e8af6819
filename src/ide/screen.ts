import { styleText } from 'node:util';
import type { CallApproval, DataOf, Plan, Synopsis } from '#client';
import { wrap } from './wrap.ts';

/** The answer of a tool. */
export type ToolOutcome = { result: unknown } | { error: string };

type Subtask = Plan['subtasks'][number];

const WIDTH = 72;
const MARGIN = '  ';
/** The most lines shown of one argument. */
const SHOWN_LINES = 40;
/** Characters of a message's reasoning. */
const SHOWN_THOUGHT = 200;

/** The mark before an item of a synopsis. */
const WORDS = { decision: 'decided:', open_question: 'open:', code: '' } as const;

const MARKS = { pending: '○', in_progress: '◐', completed: '●' } as const;

/** Everything that is printed for a person at the terminal. Colours appear where the terminal has them and NO_COLOR does not forbid it. */
export class Screen {
  /** Who speaks next; the name is printed with the first word. */
  #speaker: string | undefined;
  #inLine = false;
  /** The length of the reasoning since it began. */
  #thought = 0;

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
    this.#thought = 0;
  }

  /** The beginning of the model's reasoning, as it arrives. */
  thought(piece: string): void {
    const left = SHOWN_THOUGHT - this.#thought;
    if (this.#thought === 0) this.#line('');
    this.#thought += piece.length;
    if (left <= 0) return;
    const shown = piece.length > left ? `${piece.slice(0, left)}…` : piece;
    process.stdout.write((this.#inLine ? '' : MARGIN) + styleText('dim', shown.replace(/\s+/g, ' ')));
    this.#inLine = true;
  }

  /** Text of an agent, as it arrives. */
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

  phase({ from, to, event }: DataOf<'run.phase_changed'>): void {
    this.#line(`${MARGIN}${styleText('dim', `${from} → ${to} (${event})`)}`);
  }

  plan({ title, description, version, subtasks }: Plan): void {
    const minutes = subtasks.reduce((sum, { estimated_minutes: each }) => sum + (each ?? 0), 0);
    this.#line(`\n${MARGIN}${styleText(['bold', 'blue'], `Plan: ${title}`)}`);
    this.#line(`${MARGIN}${styleText('dim', `version ${version} · about ${minutes} minutes`)}`);
    this.#indented(description, MARGIN);
    this.#line('');
    for (const subtask of subtasks) {
      const after = subtask.dependencies.map((id) => subtasks.find((other) => other.id === id)?.position);
      const facts = [
        subtask.agent,
        ...(subtask.estimated_minutes === null ? [] : [`${subtask.estimated_minutes} min`]),
        ...(after.length > 0 ? [`after ${after.join(', ')}`] : []),
      ];
      this.#line(
        `${MARGIN}${subtask.position}. ${styleText('bold', subtask.title)} ${styleText('dim', `· ${facts.join(' · ')}`)}`,
      );
      this.#indented(subtask.description, `${MARGIN}   `);
    }
  }

  subtask(
    { position, title, agent }: Subtask,
    { to, progress: { done, total } }: DataOf<'subtask.status_changed'>,
  ): void {
    const facts = to === 'running' ? agent : `${done} of ${total} done`;
    this.#line(
      `${to === 'running' ? '\n' : ''}${MARGIN}${styleText(['bold', 'blue'], `${position}. ${title}: ${to}`)} ${styleText('dim', `· ${facts}`)}`,
    );
  }

  /** With the patterns that may be allowed from then on, numbered from 1. */
  approval({ subject, reason, arguments: args, suggestions = [] }: CallApproval): void {
    this.#line(
      `${MARGIN}${styleText(['bold', 'yellow'], `? ${subject}`)} ${styleText('dim', `(${reason})`)}`,
    );
    this.arguments(args);
    for (const [index, pattern] of suggestions.entries()) {
      const what = Object.values(pattern).join(' ');
      this.#line(`${MARGIN}  ${styleText('dim', `${index + 1}: always allow`)} ${what}`);
    }
  }

  /** Each argument with its lines, the way people read them. */
  arguments(args: Readonly<Record<string, unknown>>): void {
    const width = Math.max(...Object.keys(args).map((name) => name.length));
    for (const [name, value] of Object.entries(args)) {
      const lines = (typeof value === 'string' ? value.trimEnd() : JSON.stringify(value)).split('\n');
      const shown = lines.slice(0, SHOWN_LINES);
      if (shown.length < lines.length) shown.push(`… ${lines.length - shown.length} more lines`);
      for (const [index, line] of shown.entries()) {
        const label = (index === 0 ? name : '').padEnd(width);
        this.#line(`${MARGIN}  ${styleText('dim', label)}  ${line}`.trimEnd());
      }
    }
  }

  toolCall(name: string, args: Record<string, unknown>): void {
    this.#line(`${MARGIN}${styleText('yellow', `→ ${name}`)} ${clip(showArguments(args))}`);
  }

  toolOutcome(outcome: ToolOutcome, elapsedMs: number): void {
    const mark = 'error' in outcome ? styleText('red', '✗') : styleText('green', '←');
    const shown = ('error' in outcome ? outcome.error : describe(outcome.result)) || 'nothing';
    this.#line(`${MARGIN}${mark} ${clip(shown)} ${styleText('dim', `· ${duration(elapsedMs)}`)}`);
  }

  job({ job_type: type, status, duration_ms: tookMs }: DataOf<'job.status_changed'>): void {
    const took = tookMs === undefined ? '' : styleText('dim', ` · ${duration(tookMs)}`);
    this.#line(`${MARGIN}${styleText('blue', `job ${type}: ${status}`)}${took}`);
  }

  compacted({ tokens_before: before, tokens_after: after }: DataOf<'context.compacted'>): void {
    this.#line(`${MARGIN}${styleText('blue', `the context has ${after} tokens instead of ${before}`)}`);
  }

  todos(items: DataOf<'todos.updated'>['items']): void {
    for (const { text, status } of items) this.#line(`${MARGIN}  ${MARKS[status]} ${text}`);
  }

  synopsis({ title, version, items }: Synopsis): void {
    this.#line(`\n${MARGIN}${styleText(['bold', 'blue'], `Synopsis: ${title ?? 'none'}`)}`);
    this.#line(`${MARGIN}${styleText('dim', `version ${version ?? 0}`)}`);
    for (const item of items ?? []) {
      if (item.kind === 'heading') this.#line(`${MARGIN}${styleText('bold', item.text)}`);
      else if (item.kind === 'list') for (const entry of item.entries) this.#indented(`- ${entry}`, MARGIN);
      else this.#indented(item.kind === 'text' ? item.text : `${WORDS[item.kind]} ${item.text}`, MARGIN);
    }
  }

  runFinished(
    { status, error, usage }: Pick<DataOf<'run.finished'>, 'status' | 'error' | 'usage'>,
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

  /** Prepares a question on its own line; the typed answer has ended that line. */
  async question(ask: () => Promise<string | undefined>): Promise<string | undefined> {
    this.#endLine();
    this.#inLine = true;
    const typed = await ask();
    this.#inLine = typed === undefined;
    return typed;
  }

  #endLine(): void {
    if (this.#inLine) process.stdout.write('\n');
    this.#inLine = false;
  }

  #indented(text: string, margin: string): void {
    for (const line of wrap(text, WIDTH)) this.#line(`${margin}${line}`.trimEnd());
  }

  #line(text: string): void {
    this.#endLine();
    process.stdout.write(`${text}\n`);
  }
}

export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** One line for the answer of a tool: its text, or how a command ended. */
function describe(result: unknown): string {
  if (typeof result === 'string') return oneLine(result);
  const {
    exit_code: code,
    stdout,
    stderr,
  } = result as { exit_code: number | null; stdout: string; stderr: string };
  const output = oneLine(stdout) || oneLine(stderr);
  return `exit code ${code ?? 'none, it was stopped'}${output && `: ${output}`}`;
}

const oneLine = (text: string): string =>
  text
    .trim()
    .split(/\s*\n\s*/)
    .join(' ⏎ ');

const showArguments = (args: Record<string, unknown>): string =>
  Object.entries(args)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(' ');

const clip = (text: string): string => (text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text);
