/** The file a task asks for. */
export interface Wish {
  readonly path: string;
  /** Whether the file shall keep what it holds. */
  readonly adds: boolean;
  /** What it shall say; undefined where the task does not tell. */
  readonly text: string | undefined;
}

const WRITABLE = /(?<![\p{L}\w])(?:[\p{L}\w-]+[/.])*[\p{L}\w-]+\.(?:py|js|mjs|ts|txt|md|sh)(?![\p{L}\w])/iu;
const ADDS = /(?<!\p{L})(?:add|append|change|edit|добав|допиш|измен)/iu;
const QUOTED = /"([^"\n]+)"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<!\p{L})'([^'\n]+)'/gu;
const SAYS =
  /(?:prints?|says?|outputs?|saying|containing|with the text|печата\p{L}*|вывод\p{L}*|с текстом)\s+(.+?)(?=[.,;!]?$|[,;]|[.!]\s|\s(?:and|then|и)\s|\n)/iu;

/** The file a task names and what it wants in it; undefined where it names none that can be written here. */
export function readWish(task: string): Wish | undefined {
  const path = WRITABLE.exec(task)?.[0];
  if (!path) return undefined;
  const quoted = [...task.matchAll(QUOTED)]
    .map((match) => match.slice(1).find((group) => group !== undefined))
    .find((text) => text !== path);
  return { path, adds: ADDS.test(task), text: quoted ?? SAYS.exec(task)?.[1] };
}

/** The file whole, with what it held before where that shall stay. */
export function writeOut({ path, adds, text = 'Hello!' }: Wish, before: string): string {
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
