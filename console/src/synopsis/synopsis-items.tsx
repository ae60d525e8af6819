import type { SynopsisItem } from '@agent-runtime/client';
import { CodeBlock } from '../ui/code-block.tsx';
import { Markdown } from '../ui/markdown.tsx';

export function SynopsisItems({ items }: { items: readonly SynopsisItem[] }) {
  return (
    <div className="mt-4 space-y-3">
      {items.map((item, index) => (
        <Item key={index} item={item} />
      ))}
    </div>
  );
}

function Item({ item }: { item: SynopsisItem }) {
  switch (item.kind) {
    case 'heading':
      return <h3 className="pt-3 font-semibold wrap-anywhere">{item.text}</h3>;
    case 'decision':
      return (
        <div className="rounded-lg border-l-2 border-good bg-good-wash px-3 py-2">
          <p className="text-xs font-medium text-good">Decided</p>
          <p className="wrap-anywhere">{item.text}</p>
          {item.reason && <p className="mt-0.5 text-soft wrap-anywhere">{item.reason}</p>}
        </div>
      );
    case 'open_question':
      return (
        <div className="rounded-lg border-l-2 border-wait bg-wait-wash px-3 py-2">
          <p className="text-xs font-medium text-wait">Open</p>
          <p className="wrap-anywhere">{item.text}</p>
        </div>
      );
    case 'code':
      return <CodeBlock text={item.text} language={item.language} />;
    case 'list':
      return (
        <ul className="list-disc space-y-1 pl-5">
          {item.entries.map((entry, index) => (
            <li key={index} className="wrap-anywhere">
              {entry}
            </li>
          ))}
        </ul>
      );
    default:
      return <Markdown text={item.text} />;
  }
}
