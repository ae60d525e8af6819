import { dirname, relative } from 'node:path/posix';

/** The file a task asks for. */
export interface Wish {
  readonly path: string;
  /** Whether the file shall keep what it holds. */
  readonly adds: boolean;
  /** What it shall say; undefined where the task does not tell. */
  readonly text: string | undefined;
  /** Whether the text is for other files to use: a function gives it out. */
  readonly exports: boolean;
  /** The file whose text it shall say instead of its own. */
  readonly uses: string | undefined;
}

const WRITABLE = /(?<![\p{L}\w])(?:[\p{L}\w-]+[/.])*[\p{L}\w-]+\.(?:py|js|mjs|ts|txt|md|sh)(?![\p{L}\w])/iu;
const SCRIPT = /\.(?:m?js|ts)$/i;
const ADDS = /(?<!\p{L})(?:add|append|change|edit|добав|допиш|измен)/iu;
const QUOTED = /"([^"\n]+)"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<!\p{L})'([^'\n]+)'/gu;
const SAYS =
  /(?:prints?|says?|outputs?|saying|containing|with the text|печата\p{L}*|вывод\p{L}*|с текстом)\s+(.+?)(?=[.,;!]?$|[,;]|[.!]\s|\s(?:and|then|и)\s|\n)/iu;
/** What leads on to the next file that is named. */
const LEADS_ON = /[\s,;:.]*(?:(?<!\p{L})(?:and|then|и)[\s,]*)*$/iu;
const USES = new RegExp(`\\buses\\s+(${WRITABLE.source})`, 'iu');

/** The file a task names and what it wants in it; undefined where it names none that can be written here. */
export function readWish(task: string): Wish | undefined {
  const path = WRITABLE.exec(task)?.[0];
  if (!path) return undefined;
  const quoted = [...task.matchAll(QUOTED)]
    .map((match) => match.slice(1).find((group) => group !== undefined))
    .find((text) => text !== path);
  const uses = quoted === undefined && SCRIPT.test(path) ? USES.exec(task)?.[1] : undefined;
  return {
    path,
    adds: ADDS.test(task),
    text: quoted ?? SAYS.exec(task)?.[1],
    exports: SCRIPT.test(path) && exportsText(task),
    uses,
  };
}

/** Whether a text wants something that other files can use. */
export const exportsText = (text: string): boolean => /(?<!\p{L})exports?(?!\p{L})/iu.test(text);

/** The files a text names that can be written here, each with what is said of it. */
export function filesNamedIn(text: string): [path: string, wanted: string][] {
  const plain = text.replace(/`([^`\s]+\.\w+)`/g, '$1');
  const named = [...plain.matchAll(new RegExp(WRITABLE, 'giu'))];
  const files = named.map(({ 0: path, index }, place): [string, string] => {
    const about = plain.slice(index + path.length, named[place + 1]?.index);
    return [path, about.replace(/^[\s,;:.]+/, '').replace(LEADS_ON, '')];
  });
  return files.filter(([path], place) => files.findIndex(([earlier]) => earlier === path) === place);
}

/** The file whole, with what it held before where that shall stay. */
export function writeOut(wish: Wish, before: string): string {
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

/** The shell commands that show whether the file works, in the order to try them. */
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
