import { type LanguageRegistration, createHighlighterCore } from '@shikijs/core';
import { createJavaScriptRegexEngine } from '@shikijs/engine-javascript';
import type { CSSProperties } from 'react';

/** Lines of pieces, each with its colours. */
export type Coloured = readonly (readonly { content: string; style: CSSProperties }[])[];

const LANGUAGES: Readonly<Record<string, () => Promise<{ default: LanguageRegistration[] }>>> = {
  javascript: () => import('@shikijs/langs/javascript'),
  typescript: () => import('@shikijs/langs/typescript'),
  tsx: () => import('@shikijs/langs/tsx'),
  python: () => import('@shikijs/langs/python'),
  json: () => import('@shikijs/langs/json'),
  shellscript: () => import('@shikijs/langs/shellscript'),
  yaml: () => import('@shikijs/langs/yaml'),
  sql: () => import('@shikijs/langs/sql'),
};

const ALIASES: Readonly<Record<string, string>> = {
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  jsx: 'tsx',
  py: 'python',
  sh: 'shellscript',
  bash: 'shellscript',
  yml: 'yaml',
};

/** The engine in JavaScript: the default one is WebAssembly, which the Content-Security-Policy of the server refuses. */
const highlighter = createHighlighterCore({
  themes: [
    import('@shikijs/themes/github-light-high-contrast'),
    import('@shikijs/themes/github-dark-high-contrast'),
  ],
  langs: [],
  engine: createJavaScriptRegexEngine({ forgiving: true }),
});
const loaded = new Map<string, Promise<void>>();

/** @returns undefined for a language that is not known */
export async function colour(text: string, language: string): Promise<Coloured | undefined> {
  const name = ALIASES[language.toLowerCase()] ?? language.toLowerCase();
  const load = Object.hasOwn(LANGUAGES, name) ? LANGUAGES[name] : undefined;
  if (!load) return undefined;
  const ready = await highlighter;
  const loading = loaded.get(name) ?? ready.loadLanguage(load);
  loaded.set(name, loading);
  await loading;
  const { tokens } = ready.codeToTokens(text, {
    lang: name,
    themes: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    defaultColor: 'light-dark()',
  });
  return tokens.map((line) => line.map(({ content, htmlStyle }) => ({ content, style: styleOf(htmlStyle) })));
}

/** The colours alone: what a theme says of backgrounds does not go with the page. */
const styleOf = (style: Readonly<Record<string, string>> = {}): CSSProperties =>
  style['color'] === undefined ? {} : { color: style['color'] };

export const languageOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();
