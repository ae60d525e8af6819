import { visible } from '../ui/visible.ts';
import type { DeclaredTool } from './use-declared-tool.ts';

const EFFECTS: Readonly<Record<DeclaredTool['effect'], string>> = {
  read: 'only reads',
  write: 'changes files',
  execute: 'may do anything',
};

/** Where a tool comes from that is not the server’s, and what its client says that it does. */
export function DeclaredToolNote({ tool }: { tool: DeclaredTool }) {
  return (
    <div className="space-y-1 text-xs text-soft wrap-anywhere">
      {tool.description && <p>{visible(tool.description)}</p>}
      <p>
        A tool of the client <code className="font-mono">{visible(tool.clientId)}</code>, which says that it{' '}
        {EFFECTS[tool.effect]}.
      </p>
    </div>
  );
}
