import type { RememberWhen } from '@agent-runtime/client';
import { Button } from '../ui/button.tsx';
import { ChevronIcon } from '../ui/icons.tsx';
import { visible } from '../ui/visible.ts';

interface Props {
  suggestions: readonly RememberWhen[];
  disabled: boolean;
  onChoose: (pattern: RememberWhen) => void;
}

/** Wider permissions for the rest of the session: patterns of commands or paths that the server proposes. */
export function AlwaysWhen({ suggestions, disabled, onChoose }: Props) {
  if (suggestions.length === 0) return null;
  return (
    <details>
      <summary className="inline-flex items-center gap-1 rounded text-xs text-faint hover:text-ink">
        <ChevronIcon className="size-3 chevron" />
        Allow more than this in this session
      </summary>
      <div className="mt-2 flex flex-wrap gap-2">
        {suggestions.map((pattern) => {
          const text = pattern.command ?? pattern.path ?? '';
          return (
            <Button
              key={text}
              disabled={disabled}
              onClick={() => onChoose(pattern)}
              className="h-7 px-2 text-xs font-normal"
            >
              every <code className="font-mono">{visible(text)}</code>
            </Button>
          );
        })}
      </div>
    </details>
  );
}
