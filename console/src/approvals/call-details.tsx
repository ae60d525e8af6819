import type { Json } from '@agent-runtime/client';
import { CodeBlock } from '../ui/code-block.tsx';
import { Diff } from '../ui/diff.tsx';
import { TodoList, todosIn } from '../ui/todo-list.tsx';
import { visible } from '../ui/visible.ts';
import { changesOf } from './file-changes.ts';

interface Props {
  name: string;
  args: Json;
  callId: string;
  /** Undefined where it is not known what the file holds; left out where the session is not at hand. */
  before?: ((path: string, callId: string) => string | undefined) | undefined;
}

const ELSEWHERE = 'Without what the file holds: the session compares it with what it has read.';

/** All that a call is about: a diff of a file that is changed, the command, the list, or the arguments. */
export function CallDetails({ name, args, callId, before }: Props) {
  const { path, command, cwd, items } = Object(args) as Record<string, Json>;
  const file = typeof path === 'string' ? path : undefined;
  const change = file === undefined ? undefined : changesOf(name, args, before?.(file, callId));
  if (file !== undefined && change) {
    return (
      <div className="space-y-1.5">
        {change.changes.map((each, index) => (
          <Diff
            key={index}
            before={each.before}
            after={each.after}
            isPiece={!change.areOfWhole}
            label={`What changes in ${visible(file)}`}
          />
        ))}
        <p className="text-xs text-faint">{before ? change.note : ELSEWHERE}</p>
      </div>
    );
  }
  if (name === 'execute_command' && typeof command === 'string') {
    return (
      <div>
        <CodeBlock text={visible(command)} language="sh" wraps />
        {typeof cwd === 'string' && <p className="mt-1.5 text-xs text-faint">in {visible(cwd)}</p>}
      </div>
    );
  }
  const todos = name === 'update_todos' ? todosIn(items) : undefined;
  if (todos) return <TodoList items={todos} />;
  if (typeof args === 'string') return <CodeBlock text={visible(args)} wraps />;
  return <CodeBlock text={visible(JSON.stringify(args, null, 2))} language="json" wraps />;
}
