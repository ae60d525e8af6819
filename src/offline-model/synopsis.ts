import { clip } from '../shared/domain/clip.js';

/** A synopsis, as in its JSON format. */
interface Synopsis {
  readonly title: string;
  readonly items: readonly Item[];
}

type Item =
  | { readonly kind: 'heading' | 'text' | 'open_question'; readonly text: string }
  | { readonly kind: 'decision'; readonly text: string; readonly reason?: string | null }
  | { readonly kind: 'code'; readonly text: string; readonly language?: string | null }
  | { readonly kind: 'list'; readonly entries: readonly string[] };

/** The lists of a synopsis and their headings, which the next synopsis uses to find them. */
const LISTS = { asked: 'What was asked', done: 'What was done', files: 'Files' } as const;

const LONGEST_TITLE = 100;
const LONGEST_ENTRY = 300;
const MAX_ENTRIES = 100;
/** Well below the runtime's limit for a synopsis. */
const MAX_CHARACTERS = 90_000;
/** The runtime's wording of a synopsis request; each message begins with its position and author. */
const EARLIER = /^(?:The synopsis so far:\n\n|=== Part \d+\n)(\{.*\})$/gm;
const MESSAGE = /^=== #\d+ (user|assistant|answer of \S+)[^\n]*\n([^]*?)(?=\n\n=== #\d+ |$(?![^]))/gm;
const CALL = /^\[calls (\w+) (\{.*\})\]$/gm;
const APPROVED = /^The developer has approved the plan/;

/** Sums up the request's messages by fixed patterns of text: requests, final texts of agents, approved plans, written files. */
export function sumUp(request: string): Synopsis {
  const found = new Findings();
  // Text after the first message header was not written by the runtime.
  const begin = request.search(MESSAGE);
  const before = begin < 0 ? request : request.slice(0, begin);
  for (const [, json] of before.matchAll(EARLIER)) found.addEarlier(JSON.parse(json!) as Synopsis);
  for (const [, speaker, body] of request.matchAll(MESSAGE)) found.addMessage(speaker!, body!);
  return found.write();
}

class Findings {
  private title: string | undefined;
  private readonly lists = { asked: [] as string[], done: [] as string[], files: [] as string[] };
  /** Items of the earlier synopsis that this model does not change. */
  private readonly kept: Item[] = [];
  private readonly decisions: Item[] = [];
  private questions: string[] = [];

  addEarlier({ title, items }: Synopsis): void {
    this.title ??= title;
    let list: string[] | undefined;
    for (const item of items) {
      const named = item.kind === 'heading' ? this.listUnder(item.text) : undefined;
      if (named) list = named;
      else if (list && item.kind === 'list') list.push(...item.entries);
      else if (item.kind === 'decision') this.decisions.push(item);
      else if (item.kind === 'open_question') this.questions.push(item.text);
      else this.kept.push(item);
      if (!named) list = undefined;
    }
  }

  addMessage(speaker: string, body: string): void {
    const said = oneLine(body.replaceAll(CALL, ''), LONGEST_ENTRY);
    if (speaker === 'user') {
      this.lists.asked.push(said);
      // The agent's text answers the newest question.
      this.questions = this.questions.slice(0, -1);
    } else if (speaker === 'assistant') {
      const calls = [...body.matchAll(CALL)];
      for (const [, tool, args] of calls) if (tool === 'write_file') this.lists.files.push(pathIn(args!));
      // Text in a message with tool calls only announces the next step; it is no result.
      if (calls.length > 0) return;
      if (/[?？]$/.test(said)) this.questions.push(said);
      else this.lists.done.push(said);
    } else if (APPROVED.test(body)) {
      const text = 'The plan is carried out as the architect proposed it';
      this.decisions.push({ kind: 'decision', text, reason: 'The developer has approved it' });
    }
  }

  write(): Synopsis {
    const title = this.title ?? oneLine(this.lists.asked[0] || 'A session without a request', LONGEST_TITLE);
    for (let most = MAX_ENTRIES; ; most = Math.floor(most / 2)) {
      const items = this.items(most);
      if (most === 0 || JSON.stringify(items).length <= MAX_CHARACTERS) {
        const nothing: Item = { kind: 'text', text: 'Nothing was said that can be summed up.' };
        return { title, items: items.length > 0 ? items : [nothing] };
      }
    }
  }

  /** @param most the number of newest entries to keep of each kind */
  private items(most: number): Item[] {
    const { asked, done, files } = this.lists;
    const newest = <T>(entries: readonly T[]) => (most === 0 ? [] : entries.slice(-most));
    const list = (text: string, entries: readonly string[]): Item[] => {
      const unique = newest([...new Set(entries)].filter((entry) => entry !== ''));
      return unique.length === 0
        ? []
        : [
            { kind: 'heading', text },
            { kind: 'list', entries: unique },
          ];
    };
    return [
      ...this.kept.slice(0, Math.min(most, MAX_ENTRIES / 2)),
      ...list(LISTS.asked, asked),
      ...list(LISTS.done, done),
      ...newest(this.decisions).slice(-MAX_ENTRIES / 4),
      ...list(LISTS.files, files),
      ...newest([...new Set(this.questions)])
        .slice(-MAX_ENTRIES / 4)
        .map((text) => ({ kind: 'open_question' as const, text })),
    ];
  }

  private listUnder(heading: string): string[] | undefined {
    const [name] = Object.entries(LISTS).find(([, text]) => text === heading) ?? [];
    return name === undefined ? undefined : this.lists[name as keyof typeof LISTS];
  }
}

/** The path that a call writes; empty if the text only resembles a call. */
function pathIn(json: string): string {
  try {
    const { path } = JSON.parse(json) as { path?: unknown };
    return typeof path === 'string' ? oneLine(path, LONGEST_ENTRY) : '';
  } catch {
    return '';
  }
}

/** Shortens a text to one line. */
function oneLine(text: string, longest: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return clip(line, longest);
}
