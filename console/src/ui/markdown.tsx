import { type Token, type Tokens, lexer } from 'marked';
import { Fragment, type ReactNode, memo, useRef } from 'react';
import { CodeBlock } from './code-block.tsx';

interface Block {
  readonly raw: string;
  readonly token: Token;
}

/** Up to this length a growing text is read as a whole each time; beyond it, from its last settled block. */
const WHOLE = 50_000;
/** The level of the smallest heading. */
const LOWEST = 4;

/** Markdown as elements. Nothing of it is ever HTML: a tag in the text is shown as text, and pictures are not loaded. */
export function Markdown({ text }: { text: string }) {
  const before = useRef<readonly Block[]>([]);
  const blocks = blocksOf(text, before.current);
  before.current = blocks;
  return (
    <div className="prose">
      {withLevels(blocks).map(({ block, level }, index) => (
        <BlockView key={index} block={block} level={level} />
      ))}
    </div>
  );
}

const BlockView = memo(
  ({ block, level }: { block: Block; level: number }) => <>{blockOf(block.token, level)}</>,
  (a, b) => a.block === b.block && a.level === b.level,
);
BlockView.displayName = 'BlockView';

/** Blocks that have not changed are the same objects as before. */
function blocksOf(text: string, before: readonly Block[]): readonly Block[] {
  const settled: Block[] = [];
  let rest = text;
  if (text.length > WHOLE) {
    for (const block of before.slice(0, -2)) {
      if (!rest.startsWith(block.raw)) break;
      settled.push(block);
      rest = rest.slice(block.raw.length);
    }
  }
  const found = lexer(rest).map((token) => ({ raw: token.raw, token }));
  return [...settled, ...found].map((block, index) =>
    before[index]?.raw === block.raw ? before[index] : block,
  );
}

/** The levels of headings, below that of the page. No level is skipped, even if the text skips one. */
function withLevels(blocks: readonly Block[]): { block: Block; level: number }[] {
  /** The depths of the headings around a block. */
  let around: number[] = [];
  return blocks.map((block) => {
    if (block.token.type === 'heading') {
      const { depth } = block.token as Tokens.Heading;
      around = [...around.filter((each) => each < depth), depth];
    }
    return { block, level: Math.min(around.length + 1, LOWEST) };
  });
}

/** @param level of a heading; within a list or a quotation there are none */
function blockOf(token: Token, level?: number): ReactNode {
  switch (token.type) {
    case 'heading': {
      const words = inline((token as Tokens.Heading).tokens);
      const Level = `h${level}` as 'h2';
      return level === undefined ? <p className="font-semibold">{words}</p> : <Level>{words}</Level>;
    }
    case 'paragraph':
      return <p>{inline((token as Tokens.Paragraph).tokens)}</p>;
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return <CodeBlock text={text} language={lang?.split(/\s/)[0]} />;
    }
    case 'blockquote':
      return <blockquote>{children((token as Tokens.Blockquote).tokens)}</blockquote>;
    case 'list':
      return listOf(token as Tokens.List);
    case 'table':
      return tableOf(token as Tokens.Table);
    case 'hr':
      return <hr />;
    case 'space':
    case 'def':
      return null;
    case 'text':
      return inline((token as Tokens.Text).tokens ?? [token]);
    default:
      return <p>{token.raw}</p>; // HTML, and what a newer lexer may bring
  }
}

const children = (tokens: readonly Token[]): ReactNode =>
  tokens.map((token, index) => <Fragment key={index}>{blockOf(token)}</Fragment>);

function listOf({ ordered, start, items }: Tokens.List): ReactNode {
  const entries = items.map((item, index) => (
    <li key={index}>
      {item.task && (
        <input type="checkbox" checked={item.checked ?? false} readOnly aria-label="Done" className="mr-2" />
      )}
      {children(item.tokens.filter(({ type }) => type !== 'checkbox'))}
    </li>
  ));
  return ordered ? <ol start={start || 1}>{entries}</ol> : <ul>{entries}</ul>;
}

function tableOf({ header, rows }: Tokens.Table): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          {header.map((cell, index) => (
            <th key={index}>{inline(cell.tokens)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column}>{inline(cell.tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const inline = (tokens: readonly Token[] = []): ReactNode =>
  tokens.map((token, index) => <Fragment key={index}>{inlineOf(token)}</Fragment>);

function inlineOf(token: Token): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inline((token as Tokens.Strong).tokens)}</strong>;
    case 'em':
      return <em>{inline((token as Tokens.Em).tokens)}</em>;
    case 'del':
      return <del>{inline((token as Tokens.Del).tokens)}</del>;
    case 'codespan':
      return <code>{(token as Tokens.Codespan).text}</code>;
    case 'br':
      return <br />;
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      return isSafe(href) ? (
        <a href={href} target="_blank" rel="noreferrer">
          {inline(tokens)}
        </a>
      ) : (
        token.raw
      );
    }
    case 'image': // only its address: loading a picture would tell its server that it was viewed
      return token.raw;
    case 'escape':
      return (token as Tokens.Escape).text;
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens) : text;
    }
    default:
      return token.raw;
  }
}

const isSafe = (href: string): boolean => /^(https?:|mailto:|#)/i.test(href);
