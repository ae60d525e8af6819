import { clip } from '../shared/domain/clip.js';
import { checksFor, exportsText, filesNamedIn } from './wish.js';

/** The arguments of create_plan. */
export interface PlanArguments {
  readonly title: string;
  readonly description: string;
  readonly subtasks: readonly PlannedSubtask[];
}

interface PlannedSubtask {
  readonly title: string;
  readonly description: string;
  readonly agent: 'coder' | 'debug';
  readonly estimated_minutes: number;
  readonly dependencies: readonly number[];
}

const MAX_FILES = 20;
const LONGEST_QUOTE = 300;
/** The file for change requests that name no file, which this model can only write down. */
const NOTES = 'NOTES.md';
const OPENING = /^(?:please\s+)?(?:plan|design|спланируй|спроектируй)(?:\s+(?:and|и)\s+\p{L}+)?\s+/iu;
const SCRIPT = /\.(?:m?js|ts)$/i;

/**
 * A plan with one subtask per file and a last one that tests them; undefined if the task names no file.
 * @param wishes the developer's requests for changes, in order
 * @param existing the files of the workspace
 */
export function planFor(
  task: string,
  wishes: readonly string[],
  existing: readonly string[],
): PlanArguments | undefined {
  const files = new Map<string, string>();
  for (const [path, wanted] of [task, ...wishes].flatMap(filesNamedIn)) {
    if (wanted !== '' || !files.has(path)) files.set(path, wanted);
  }
  const paths = [...files.keys()].slice(0, MAX_FILES);
  const last = paths.at(-1);
  if (!last) return undefined;
  const library = paths.find((path) => SCRIPT.test(path) && exportsText(files.get(path)!));
  const writing = paths.map((path) => {
    const wish = quotable(files.get(path)!);
    const wanted = [existing.includes(path) ? 'Change' : 'Create', path, wish];
    const hasNoText = library !== path && SCRIPT.test(path) && !/["«`']/.test(wish);
    const uses = library && hasNoText ? ` It uses ${library}.` : '';
    return {
      title: `Write ${path}`,
      description: `${wanted.join(' ').trim()}.${uses} Try it out when it is written.`,
    };
  });
  const noting = wishes
    .filter((wish) => filesNamedIn(wish).length === 0)
    .map((wish) => ({
      title: 'Keep what was wished',
      description: `Add “${quotable(wish)}” to ${NOTES}.`,
    }));
  const steps = [...writing, ...noting].map((step, index) => ({
    ...step,
    agent: 'coder' as const,
    estimated_minutes: 5,
    dependencies: index === 0 ? [] : [index - 1],
  }));
  const check = {
    title: `Try ${last} out`,
    description: `Run \`${checksFor(last)[0]}\` and report what it answers. Done when it ends without an error.`,
    agent: 'debug' as const,
    estimated_minutes: 2,
    dependencies: [steps.length - 1],
  };
  return {
    title: titleOf(task, paths),
    description: describe(task, wishes),
    subtasks: [...steps, check],
  };
}

/** The aim that the task states, else the files it names. */
function titleOf(task: string, paths: readonly string[]): string {
  const aim = /^[^:.\n]+(?=:)/.exec(task)?.[0].replace(OPENING, '').trim();
  const title = quotable(aim ? aim : paths.join(', '), 100);
  return title[0]!.toUpperCase() + title.slice(1);
}

function describe(task: string, wishes: readonly string[]): string {
  const changed = wishes.map((wish) => ` The developer wished: “${quotable(wish)}”.`);
  return `One file after another, each tried out when it is written, and all of it together in the end. \
What the task does not name stays out.${changed.join('')}\n\nThe task: ${quotable(task)}`;
}

/** Shortens a text to one line, without quotation marks that would end a quotation early. */
function quotable(text: string, longest = LONGEST_QUOTE): string {
  const line = text.replace(/[“”]/g, '"').replace(/\s+/g, ' ').trim();
  return clip(line, longest);
}
