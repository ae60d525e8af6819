import { type ReactNode, useEffect, useState } from 'react';
import type { Coloured } from './highlight.ts';

/** Longer code is shown plain: colouring it would hold up the page. */
const LONGEST_COLOURED = 30_000;

interface Props {
  text: string;
  language?: string | undefined;
  /** Shows long lines as a whole, for those that are decided on. */
  wraps?: boolean;
}

/** Code, in colours as soon as the highlighter is there. */
export function CodeBlock({ text, language, wraps = false }: Props) {
  const coloured = useColours(text, language);
  return (
    <pre
      tabIndex={0}
      aria-label={language ? `Code, ${language}` : 'Code'}
      role="group"
      className={`max-h-96 overflow-auto rounded-lg border border-line bg-page px-3 py-2.5 font-mono text-xs leading-relaxed ${wraps ? 'whitespace-pre-wrap wrap-anywhere' : ''}`}
    >
      <code>{coloured ?? text}</code>
    </pre>
  );
}

function useColours(text: string, language: string | undefined): ReactNode {
  const [coloured, setColoured] = useState<{ text: string; lines: Coloured }>();
  useEffect(() => {
    if (!language || text.length > LONGEST_COLOURED) return undefined;
    let isOver = false;
    const colour = async () => {
      const highlighter = await import('./highlight.ts');
      const lines = await highlighter.colour(text, language);
      if (!isOver && lines) setColoured({ text, lines });
    };
    // Without colours it can be read as well.
    colour().catch((error: unknown) => console.warn(error));
    return () => {
      isOver = true;
    };
  }, [text, language]);
  // While a text grows, what was coloured before is a beginning of it.
  if (!coloured || !text.startsWith(coloured.text)) return undefined;
  return (
    <>
      {coloured.lines.map((line, index) => (
        <span key={index}>
          {index > 0 && '\n'}
          {line.map(({ content, style }, part) => (
            <span key={part} style={style}>
              {content}
            </span>
          ))}
        </span>
      ))}
      {text.slice(coloured.text.length)}
    </>
  );
}
