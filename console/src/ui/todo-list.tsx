import type { Json, Session } from '@agent-runtime/client';
import { CheckIcon } from './icons.tsx';
import { visible } from './visible.ts';

export type Todo = NonNullable<Session['todos']>[number];

const LOOKS: Readonly<Record<Todo['status'], { word: string; mark: string; text: string }>> = {
  pending: { word: 'to do', mark: 'border-line-strong', text: '' },
  in_progress: { word: 'at work', mark: 'border-accent bg-accent-wash', text: 'font-medium' },
  completed: { word: 'done', mark: 'border-good bg-good-wash text-good', text: 'text-faint line-through' },
};

/** What an agent has done of a long task, and what remains. */
export function TodoList({ items }: { items: readonly Todo[] }) {
  return (
    <ul className="space-y-1.5">
      {items.map(({ text, status }, index) => {
        const { word, mark, text: look } = LOOKS[status];
        return (
          <li key={index} className="flex items-start gap-2" data-todo={status}>
            <span
              className={`mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border ${mark}`}
              title={word}
            >
              {status === 'completed' && <CheckIcon className="size-3" />}
              {status === 'in_progress' && <span className="size-1.5 rounded-full bg-accent" />}
              <span className="sr-only">{word}: </span>
            </span>
            <span className={`min-w-0 wrap-anywhere ${look}`}>{visible(text)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function isTodo(item: unknown): item is Todo {
  const { text, status } = Object(item) as Record<string, unknown>;
  return typeof text === 'string' && typeof status === 'string' && Object.hasOwn(LOOKS, status);
}

/** The items in the arguments of a call; undefined where a model has written something else. */
export function todosIn(items: Json | undefined): Todo[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const todos: unknown[] = items;
  return todos.every(isTodo) ? todos : undefined;
}
