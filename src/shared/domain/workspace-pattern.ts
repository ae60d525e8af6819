import { outsideFault } from './workspace-path.js';

/** The most patterns without braces and groups that one pattern may stand for. */
const MAX_ALTERNATIVES = 100;

/** How groups of one kind are written. */
interface Syntax {
  readonly tokens: RegExp;
  readonly begin: RegExp;
  readonly separator: string;
  readonly end: string;
}

const BRACES: Syntax = { tokens: /(\\.|[{},])/s, begin: /^\{$/, separator: ',', end: '}' };
const PARENTHESES: Syntax = {
  tokens: /(\\.|[?*+@!]?\(|[|)])/s,
  begin: /^[?*+@!]?\($/,
  separator: '|',
  end: ')',
};

/** An escape, or a class: `[abc]`, `[!a-z]`, `[[:alpha:]]`, `[]a]`. */
const ESCAPE_OR_CLASS = /\\.|\[([!^]?)(\]?(?:\\.|\[:\w+:\]|[^\]/])*)\]/gs;

type Expansion = { readonly texts: readonly string[] } | { readonly fault: string };

const UNBALANCED: Expansion = { fault: 'must close each brace and parenthesis that it opens, and no others' };
const TOO_MANY: Expansion = { fault: `must not stand for more than ${MAX_ALTERNATIVES} patterns` };

/**
 * Why a glob is not accepted as a pattern of files in a workspace. It is judged by the paths that its braces, groups,
 * classes and escapes can stand for; where the dialects of clients differ, by each of them. `*` and `?` stand for
 * characters of names in a listing, which has no `..`.
 * @returns what the pattern must or must not be, or undefined if it is accepted
 */
export function patternFault(pattern: string): string | undefined {
  const readings = [pattern, pattern.replaceAll('\\', ''), pattern.replaceAll('\\', '/')];
  // Some dialects expand braces inside of a class, others see a class first.
  for (const reading of new Set(readings.flatMap((text) => [text, withoutClasses(text)]))) {
    const fault = readingFault(reading);
    if (fault) return fault;
  }
  return undefined;
}

function readingFault(pattern: string): string | undefined {
  const braces = expand([pattern], BRACES);
  if ('fault' in braces) return braces.fault;
  const groups = expand(braces.texts.map(withoutClasses), PARENTHESES);
  if ('fault' in groups) return groups.fault;
  // Some dialects separate alternatives there, too.
  if (groups.texts.some((text) => text.includes('|'))) return 'must not contain | outside of parentheses';
  return groups.texts.map((text) => outsideFault(worstPath(text))).find((fault) => fault !== undefined);
}

/** Without escapes, and without `*` after a dot, where it may stand for nothing. */
const worstPath = (text: string): string => text.replaceAll(/\\(.)/gs, '$1').replaceAll(/(?<=\.)\*+/g, '');

/** Replaces each class by one character: the worst that it can stand for. */
const withoutClasses = (pattern: string): string =>
  pattern.replaceAll(ESCAPE_OR_CLASS, (found: string, negation?: string, members?: string) => {
    if (members === undefined) return found;
    if (negation) return holds(members, '.') ? 'x' : '.';
    return ['.', ':'].find((character) => holds(members, character)) ?? 'x';
  });

function holds(members: string, character: string): boolean {
  const others = members.replaceAll(/\[:\w+:\]/g, '');
  return (
    /\[:(?:punct|print|graph):\]/.test(members) ||
    others.includes(character) ||
    [...others.matchAll(/(.)-(.)/gs)].some(([, from, to]) => from! <= character && character <= to!)
  );
}

/** What the patterns stand for together. Packages that expand braces leave out silently what exceeds their limits. */
function expand(patterns: readonly string[], syntax: Syntax): Expansion {
  const texts: string[] = [];
  for (const pattern of patterns) {
    const expansion = expandOne(pattern, syntax);
    if ('fault' in expansion) return expansion;
    texts.push(...expansion.texts);
    if (texts.length > MAX_ALTERNATIVES) return TOO_MANY;
  }
  return { texts };
}

function expandOne(pattern: string, { tokens, begin, separator, end }: Syntax): Expansion {
  const outer: { begin: string; ended: string[]; texts: string[] }[] = [];
  let group = { begin: '', ended: [] as string[], texts: [''] };
  for (const token of pattern.split(tokens)) {
    if (begin.test(token)) {
      outer.push(group);
      group = { begin: token, ended: [], texts: [''] };
    } else if (token === end) {
      const choices = choicesOf(group.begin, [...group.ended, ...group.texts]);
      const around = outer.pop();
      if (!around) return UNBALANCED;
      group = { ...around, texts: around.texts.flatMap((text) => choices.map((choice) => text + choice)) };
    } else if (token === separator && outer.length > 0) {
      group = { ...group, ended: [...group.ended, ...group.texts], texts: [''] };
    } else {
      group.texts = group.texts.map((text) => text + token);
    }
    if (group.ended.length + group.texts.length > MAX_ALTERNATIVES) return TOO_MANY;
  }
  return outer.length > 0 ? UNBALANCED : { texts: group.texts };
}

/** What a group stands for, which may be optional, repeated or negated. Twice is enough to make `..` of a dot. */
function choicesOf(begin: string, texts: readonly string[]): readonly string[] {
  const twice = texts.map((text) => text + text);
  switch (begin) {
    case '?(':
      return ['', ...texts];
    case '+(':
      return [...texts, ...twice];
    case '*(':
      return ['', ...texts, ...twice];
    case '!(':
      return ['.', '*', ...texts];
    default:
      return texts;
  }
}
