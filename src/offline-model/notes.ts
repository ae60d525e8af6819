import { clip } from '../shared/domain/clip.js';
import { sumUp } from './synopsis.js';

/** How the runtime's system prompt begins where it wants notes that replace old messages. */
const WANTED = /^You write the working notes of a coding agent\b/;

const HEADINGS = ['Goal', 'Constraints', 'Done', 'Decisions', 'Files', 'Next steps'] as const;
type Heading = (typeof HEADINGS)[number];
type Sections = Record<Heading, string[]>;

/** The runtime's wording of earlier notes and of notes on a part. */
const EARLIER = /^=== (?:The notes so far|Part \d+)[^\n]*\n([^]*?)(?=\n\n=== |$(?![^]))/gm;
const LIMIT = /^The notes must not be longer than (\d+) characters/m;
const LONGEST_ENTRY = 300;
const MAX_ENTRIES = 64;

export const wantsNotes = (systemPrompt: string): boolean => WANTED.test(systemPrompt);

/** Takes notes by fixed patterns of text: what was asked and done, what was decided, and which files were written. */
export function takeNotes(request: string): string {
  const sections: Sections = {
    Goal: [],
    Constraints: [],
    Done: [],
    Decisions: [],
    Files: [],
    'Next steps': [],
  };
  for (const [, notes] of request.matchAll(EARLIER)) addNotes(sections, notes!);
  addMessages(sections, request);
  const most = Number(LIMIT.exec(request)?.[1] ?? Infinity);
  for (let entries = MAX_ENTRIES; ; entries = Math.floor(entries / 2)) {
    const text = write(sections, entries);
    if (text.length <= most || entries === 0) return clip(text, most);
  }
}

function addNotes(sections: Sections, notes: string): void {
  let list: string[] | undefined;
  for (const line of notes.split('\n')) {
    const heading = HEADINGS.find((name) => line === `## ${name}`);
    if (heading) list = sections[heading];
    else if (line.startsWith('## ')) list = undefined;
    else if (line.startsWith('- ')) list?.push(clip(line.slice(2), LONGEST_ENTRY));
  }
}

function addMessages(sections: Sections, request: string): void {
  const { items } = sumUp(request);
  const lists: Record<string, Heading> = {
    'What was asked': 'Constraints',
    'What was done': 'Done',
    Files: 'Files',
  };
  let heading: Heading | undefined;
  for (const item of items) {
    if (item.kind === 'heading') heading = lists[item.text];
    else if (item.kind === 'list' && heading) sections[heading].push(...item.entries);
    else if (item.kind === 'decision') sections.Decisions.push(item.text);
    else if (item.kind === 'open_question') sections['Next steps'].push(item.text);
  }
  const [task] = sections.Constraints.slice(-1);
  if (task !== undefined) sections.Goal.push(task);
}

/** @param most the number of newest entries of each section; the first thing that was asked always stays */
function write(sections: Sections, most: number): string {
  return HEADINGS.flatMap((heading) => {
    const all = [...new Set(sections[heading])];
    const newest = heading === 'Goal' ? all.slice(-1) : most === 0 ? [] : all.slice(-most);
    const first = heading === 'Constraints' ? all.slice(0, 1) : [];
    const entries = [...new Set([...first, ...newest])];
    return entries.length === 0 ? [] : [`## ${heading}\n${entries.map((entry) => `- ${entry}`).join('\n')}`];
  }).join('\n');
}
