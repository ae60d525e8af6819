import { outsideFault, unseenFault } from './workspace-path.js';

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

/**
 * An escape, a class (`[abc]`, `[!a-z]`, `[[:alpha:]]`, `[]a]`), or all of a class that is not closed. Takes linear time with
 * any text: no character fits two alternatives of a loop, and one `[` that is not closed is not tried after another.
 */
const ESCAPE_OR_CLASS = /\\.|\[(?:([!^]?)(\]?(?:\\.|\[:\w+:\]|[^\]/\\])*)\]|(?:\\.|[^\]/\\])*)/gs;

/** A range in braces that stands for no dot and no separator: of numbers, or of letters of one case, with a step or not. */
const RANGE = /^(?:-?\d+\.\.-?\d+|[a-z]\.\.[a-z]|[A-Z]\.\.[A-Z])(?:\.\.-?\d+)?$/;

/** A name that a folder may list as `..`: `.?`, and `.*` before a separator. At the end `.*` is for dotfiles. */
const PARENT = /(?<![^/\\])\.(?:\**\?\**(?![^/\\])|\*+(?=[/\\]))/g;

type Expansion = { readonly texts: readonly string[] } | { readonly fault: string };

const UNBALANCED: Expansion = { fault: 'must close each brace and parenthesis that it opens, and no others' };
const UNKNOWN_RANGE: Expansion = {
  fault: 'must not contain .. in braces, except in ranges like {1..9} and {a..z}',
};
const TOO_MANY: Expansion = { fault: `must not stand for more than ${MAX_ALTERNATIVES} patterns` };

/**
 * Why a glob is not accepted as a pattern of files in a workspace. It is checked by the paths that its braces, groups,
 * classes and escapes can stand for, in each dialect of clients. `*` and `?` do not stand for a dot at the beginning of a
 * name.
 * @returns what the pattern must or must not be, or undefined if it is accepted
 */
export function patternFault(pattern: string): string | undefined {
  const unseen = unseenFault(pattern);
  if (unseen) return unseen;
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
  if (braces.texts.some(hasCollation)) return 'must not contain [. .] or [= =] within brackets';
  const groups = expand(braces.texts.map(withoutClasses), PARENTHESES);
  if ('fault' in groups) return groups.fault;
  // Some dialects separate alternatives there, too.
  if (groups.texts.some((text) => text.includes('|'))) return 'must not contain | outside of parentheses';
  return groups.texts.map((text) => outsideFault(worstPath(text))).find((fault) => fault !== undefined);
}

/** Without escapes, with `..` for names that may be it, and without `*` after a dot, where it may stand for nothing. */
const worstPath = (text: string): string =>
  text
    .replaceAll(/\\(.)/gs, '$1')
    .replaceAll(PARENT, '..')
    .replaceAll(/(?<=\.)\*+/g, '');

/**
 * Whether POSIX would read a collating symbol or an equivalence class in a class: `[[.period.]]`, `[[=.=]]`. The dialects
 * disagree on what these stand for and on where such a class ends. One that is not closed is a name: `[[...rest]]`.
 */
function hasCollation(text: string): boolean {
  const lastEnd = Math.max(text.lastIndexOf('.]'), text.lastIndexOf('=]'));
  return [...text.matchAll(ESCAPE_OR_CLASS)].some(({ index, 2: members = '' }) => {
    const begin = members.search(/\[[.=]/);
    return begin !== -1 && lastEnd > index + begin + 2;
  });
}

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

/** All patterns that a glob stands for. Packages for this silently leave out patterns beyond their limits. */
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
      if (group.begin === '{' && group.ended.length === 0 && group.texts.some(isUnknownRange))
        return UNKNOWN_RANGE;
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

const isUnknownRange = (text: string): boolean => text.includes('..') && !RANGE.test(text);

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
