/** What ends a command, or holds one, in any shell. Quotes are among them: what is quoted may be run. */
const BORDERS = /[;&|\r\n`(){}"']/;
/** The same without quotes: `g"it" push` is one command. */
const UNQUOTED_BORDERS = /[;&|\r\n`(){}]/;
/** Signs that shells leave out. */
const QUOTES = /["'\\^]/g;
/** What stands before a command without being it. */
const PREFIX = /^(?:(?:env|sudo|command|exec|nohup|time|[A-Za-z_]\w*=\S*) )+/;

/**
 * The commands that may be hidden in a command: its segments and what is quoted in it, without leading assignments and doubled
 * blanks. Rather one too many: they are compared with what is forbidden.
 */
export function partsOf(command: string): string[] {
  const unquoted = command.split(UNQUOTED_BORDERS).map((part) => part.replaceAll(QUOTES, ''));
  return [...new Set([...command.split(BORDERS), ...unquoted].map(inPlainForm))].filter(
    (part) => part !== '',
  );
}

const inPlainForm = (part: string): string => part.replaceAll(/\s+/g, ' ').trim().replace(PREFIX, '');
