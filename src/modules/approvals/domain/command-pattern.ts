/** Stands for any words at the end of a pattern, also for none. */
const REST = '*';

/** Commands that mean the same words to every shell: without quotes, separators, redirections, globs and variables. */
const PLAIN = /^[A-Za-z0-9_./:@=,+ -]*$/;

/** Commands that run what the project defines, or only look. `*` stands for the name of a script. */
const FAMILIAR: readonly (readonly [program: string, ...words: string[]])[] = [
  ...['npm', 'pnpm', 'yarn', 'bun'].flatMap((program) => [
    [program, 'test'] as const,
    [program, 'run', REST] as const,
  ]),
  ...['build', 'test', 'vet'].map((word) => ['go', word] as const),
  ...['build', 'check', 'clippy', 'test'].map((word) => ['cargo', word] as const),
  ...['build', 'test'].map((word) => ['dotnet', word] as const),
  ...['compile', 'test'].map((word) => ['mvn', word] as const),
  ...['build', 'test'].map((word) => ['./gradlew', word] as const),
  ['git', 'status'],
];

/**
 * Whether a command is one that a pattern stands for. Words are compared whole; a command whose words may mean something else
 * to a shell fits no pattern.
 */
export function fitsCommandPattern(pattern: string, command: string): boolean {
  const expected = wordsOf(withoutRest(pattern));
  const words = wordsOf(command);
  if (!expected || !words || words.length < expected.length) return false;
  const isBegun = expected.every((word, index) => word === words[index]);
  return isBegun && (hasRest(pattern) || words.length === expected.length);
}

/** The pattern that may be offered to the person who is asked about a command, if it is a familiar one. */
export function suggestedCommandPattern(command: string): string | undefined {
  const words = wordsOf(command);
  const familiar = FAMILIAR.find((known) =>
    known.every((word, index) => (word === REST ? words?.[index] !== undefined : word === words?.[index])),
  );
  return familiar && words && [...words.slice(0, familiar.length), REST].join(' ');
}

const hasRest = (pattern: string): boolean => pattern.endsWith(` ${REST}`);

const withoutRest = (pattern: string): string =>
  hasRest(pattern) ? pattern.slice(0, -REST.length) : pattern;

/** The words of a command that patterns may fit; undefined for any other. */
function wordsOf(command: string): string[] | undefined {
  if (!PLAIN.test(command)) return undefined;
  const words = command.split(' ').filter((word) => word !== '');
  const [program] = words;
  return program === undefined || isUncertain(program) ? undefined : words;
}

/** Whether a first word assigns a variable, or names a program outside of the workspace: `A=1`, `/bin/x`, `C:/x`, `a/../x`. */
const isUncertain = (program: string): boolean =>
  /^\/|[=:]/.test(program) || program.split('/').includes('..');
