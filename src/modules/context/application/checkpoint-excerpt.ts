import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { Message, MessageText, PieceSize, quoted, shortenTo } from '../../conversations/index.js';

/** Shares of the limit; what one part does not need is not given to another. */
const SHARES = { base: 0.3, said: 0.35, paths: 0.05, end: 0.25 };
/** The share of the messages that counts as their end. */
const END = 0.1;
/** The share of what was said that one message of the user may take. */
const ONE_MESSAGE = 0.25;
const LONGEST_OUTPUT = 2_000;

/** Tools that change files have names such as write_file and edit_file. */
const CHANGES_FILES = /^(?:write|edit|move|delete|create)_/;

interface Part {
  readonly text: string;
  readonly tokens: number;
}

/**
 * A checkpoint that no model writes: the one before, what the user said word for word, the paths that were written, and the
 * end of the messages, each cut where it is too long. Holds no more in memory than it may have in the end.
 */
export class Excerpt {
  private readonly texts = new MessageText(LONGEST_OUTPUT);
  private readonly said: Part[] = [];
  private saidLeftOut = 0;
  private readonly paths = new Set<string>();
  private end: Part[] = [];
  private tokens = 0;

  /** @param maxTokens of the whole, estimated */
  constructor(
    private readonly base: string | undefined,
    private readonly maxTokens: number,
  ) {}

  add(message: Message): void {
    if (message.role === 'user') this.addSaid(message);
    for (const { toolName, arguments: args } of message.toolCalls) {
      const path = CHANGES_FILES.test(toolName) ? pathIn(args) : undefined;
      if (path !== undefined) this.addPath(path);
    }
    const { heading, body } = this.texts.of(message);
    const part = partOf(`${heading}\n${body}`, this.room('end'));
    this.tokens += part.tokens;
    this.end.push(part);
    this.end = newest(this.end, this.room('end'));
  }

  write(): string {
    const end = newest(this.end, Math.max(1, Math.floor(this.tokens * END)));
    const sections = [
      section('Earlier notes', this.base === undefined ? '' : shortenTo(this.base, size(this.room('base')))),
      section('What the developer said, word for word', this.saidText()),
      section('Files that were changed', [...this.paths].map((path) => `- ${path}`).join('\n')),
      section('The end of the earlier conversation', end.map(({ text }) => text).join('\n\n')),
    ];
    const text = [INTRODUCTION, ...sections.filter((part) => part !== '')].join('\n\n');
    return shortenTo(text, size(this.maxTokens));
  }

  /** Keeps the first message, which is the task, and the newest ones. */
  private addSaid({ position, content }: Message): void {
    const room = this.room('said');
    this.said.push(partOf(`#${position}: ${quoted(content)}`, Math.floor(room * ONE_MESSAGE)));
    while (this.said.length > 2 && sumOf(this.said) > room) {
      this.said.splice(1, 1);
      this.saidLeftOut++;
    }
  }

  private saidText(): string {
    const [first, ...others] = this.said.map(({ text }) => text);
    if (first === undefined) return '';
    const gap = this.saidLeftOut === 0 ? [] : [`(${this.saidLeftOut} messages are left out here.)`];
    return [first, ...gap, ...others].join('\n\n');
  }

  /** Keeps the newest. */
  private addPath(path: string): void {
    this.paths.delete(path);
    this.paths.add(path);
    const [oldest] = this.paths;
    if (estimatedTokens([...this.paths].join('\n- ')) > this.room('paths')) this.paths.delete(oldest!);
  }

  private room(part: keyof typeof SHARES): number {
    return Math.floor(this.maxTokens * SHARES[part]);
  }
}

const INTRODUCTION = 'These notes are an excerpt: no model could sum up the earlier conversation.';

const section = (title: string, text: string): string => (text === '' ? '' : `## ${title}\n${text}`);

const size = (most: number): Required<PieceSize> => ({ most, sizeOf: estimatedTokens });

function partOf(text: string, most: number): Part {
  const shown = shortenTo(text, size(most));
  return { text: shown, tokens: estimatedTokens(shown) };
}

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, { tokens }) => sum + tokens, 0);

/** The newest parts that fit, and one at least. */
function newest(parts: readonly Part[], most: number): Part[] {
  let begin = parts.length - 1;
  for (let used = parts[begin]?.tokens ?? 0; begin > 0; begin--) {
    used += parts[begin - 1]!.tokens;
    if (used > most) break;
  }
  return parts.slice(Math.max(0, begin));
}

function pathIn(args: unknown): string | undefined {
  const { path } = Object(args) as { path?: unknown };
  return typeof path === 'string' && path !== '' ? path : undefined;
}
