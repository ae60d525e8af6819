import { dirname, relative } from 'node:path/posix';

/** Words of a file, and what is to stand in their place. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** The file that a task asks for. */
export interface Wish {
  readonly path: string;
  /** Whether the file keeps its present content. */
  readonly adds: boolean;
  /** The text it prints or contains; undefined if the task names none. */
  readonly text: string | undefined;
  /** Set where the task quotes both. */
  readonly replaces: Replacement | undefined;
  /** Whether other files use the text: a function then returns it. */
  readonly exports: boolean;
  /** The file whose text it uses instead of its own. */
  readonly uses: string | undefined;
}

const WRITABLE = /(?<![\p{L}\w])(?:[\p{L}\w-]+[/.])*[\p{L}\w-]+\.(?:py|js|mjs|ts|txt|md|sh)(?![\p{L}\w])/iu;
const SCRIPT = /\.(?:m?js|ts)$/i;
const ADDS = /(?<!\p{L})(?:add|append|change|edit|добав|допиш|измен)/iu;
const REPLACES = /(?<!\p{L})(?:change|replace|измен|замен)/iu;
const QUOTED = /"([^"\n]+)"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<!\p{L})'([^'\n]+)'/gu;
const SAYS =
  /(?:prints?|says?|outputs?|saying|containing|with the text|печата\p{L}*|вывод\p{L}*|с текстом)\s+(.+?)(?=[.,;!]?$|[,;]|[.!]\s|\s(?:and|then|и)\s|\n)/iu;
/** The words between one file and the next. */
const LEADS_ON = /[\s,;:.]*(?:(?<!\p{L})(?:and|then|и)[\s,]*)*$/iu;
const USES = new RegExp(`\\buses\\s+(${WRITABLE.source})`, 'iu');

/** The file that a task names and its content; undefined if it names none that this model can write. */
export function readWish(task: string): Wish | undefined {
  const path = WRITABLE.exec(task)?.[0];
  if (!path) return undefined;
  const [quoted, other] = [...task.matchAll(QUOTED)]
    .map((match) => match.slice(1).find((group) => group !== undefined))
    .filter((text) => text !== path);
  const uses = quoted === undefined && SCRIPT.test(path) ? USES.exec(task)?.[1] : undefined;
  return {
    path,
    adds: ADDS.test(task),
    replaces: quoted && other && REPLACES.test(task) ? { from: quoted, to: other } : undefined,
    text: quoted ?? SAYS.exec(task)?.[1],
    exports: SCRIPT.test(path) && exportsText(task),
    uses,
  };
}

/** Whether a text asks for an export. */
export const exportsText = (text: string): boolean => /(?<!\p{L})exports?(?!\p{L})/iu.test(text);

/** The files in a text that this model can write, each with the words about it. */
export function filesNamedIn(text: string): [path: string, wanted: string][] {
  const plain = text.replace(/`([^`\s]+\.\w+)`/g, '$1');
  const named = [...plain.matchAll(new RegExp(WRITABLE, 'giu'))];
  const files = named.map(({ 0: path, index }, place): [string, string] => {
    const about = plain.slice(index + path.length, named[place + 1]?.index);
    return [path, about.replace(/^[\s,;:.]+/, '').replace(LEADS_ON, '')];
  });
  return files.filter(([path], place) => files.findIndex(([earlier]) => earlier === path) === place);
}

/**
 * The complete file, including its previous content if the wish adds to it.
 * @param firstLine of a new script
 */
export function writeOut(wish: Wish, before: string, firstLine?: string): string {
  const text = contentOf(wish, before);
  return firstLine !== undefined && before === '' && SCRIPT.test(wish.path) ? `${firstLine}\n${text}` : text;
}

function contentOf(wish: Wish, before: string): string {
  const { path, adds, text = 'Hello!' } = wish;
  if (wish.uses && before === '') {
    const name = identifierOf(wish.uses);
    return `import { ${name} } from '${pathFrom(path, wish.uses)}';\n\nconsole.log(${name}());\n`;
  }
  if (wish.exports && before === '') {
    return `export const ${identifierOf(path)} = () => ${JSON.stringify(text)};\n`;
  }
  if (adds && before !== '') return `${before}${before.endsWith('\n') ? '' : '\n'}${lineFor(path, text)}\n`;
  if (/\.sh$/i.test(path)) return `#!/bin/sh\n${lineFor(path, text)}\n`;
  if (/\.md$/i.test(path)) return `# ${nameOf(path)}\n\n${text}\n`;
  return `${lineFor(path, text)}\n`;
}

/** Shell commands that test the file, in the order to try them. */
export function checksFor(path: string): string[] {
  if (/\.py$/i.test(path)) return [`python3 ${path}`, `python ${path}`];
  if (/\.(?:m?js|ts)$/i.test(path)) return [`node ${path}`];
  if (/\.sh$/i.test(path)) return [`sh ${path}`];
  return [`cat ${path}`];
}

function lineFor(path: string, text: string): string {
  if (/\.py$/i.test(path)) return `print(${JSON.stringify(text)})`;
  if (/\.(?:m?js|ts)$/i.test(path)) return `console.log(${JSON.stringify(text)});`;
  if (/\.sh$/i.test(path)) return `echo '${text.replaceAll("'", String.raw`'\''`)}'`;
  return text;
}

/** A file's name without folders and extension. */
export const nameOf = (path: string): string => /([^/]+?)(?:\.[^./]+)?$/.exec(path)?.[1] ?? path;

const identifierOf = (path: string): string => nameOf(path).replace(/^\d|[^\p{L}\d_$]/gu, '_');

/** How one file of the workspace imports another. */
function pathFrom(importing: string, imported: string): string {
  const path = relative(dirname(importing), imported);
  return path.startsWith('.') ? path : `./${path}`;
}
