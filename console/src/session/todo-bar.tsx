import { ChevronIcon, CheckListIcon } from '../ui/icons.tsx';
import { type Todo, TodoList } from '../ui/todo-list.tsx';
import { visible } from '../ui/visible.ts';

/** The list of the agent above the composer, where there is no room for it beside the conversation. */
export function TodoBar({ items }: { items: readonly Todo[] }) {
  const open = items.filter(({ status }) => status !== 'completed');
  if (open.length === 0) return null;
  const now = open.find(({ status }) => status === 'in_progress') ?? open[0]!;
  return (
    <details className="mx-auto mb-2 w-[calc(100%-1.5rem)] max-w-[45rem] shrink-0 rounded-lg border border-line bg-panel xl:hidden">
      <summary className="flex items-center gap-2.5 rounded-lg px-3 py-1.5 text-xs hover:bg-sunken">
        <CheckListIcon className="size-4 text-faint" />
        <span className="text-soft tabular-nums">
          {items.length - open.length} of {items.length} done
        </span>
        <span className="min-w-0 flex-1 truncate">{visible(now.text)}</span>
        <ChevronIcon className="size-3.5 text-faint chevron" />
      </summary>
      <div className="max-h-48 overflow-y-auto border-t border-line px-3 py-2.5 text-[13px]" tabIndex={0}>
        <TodoList items={items} />
      </div>
    </details>
  );
}
