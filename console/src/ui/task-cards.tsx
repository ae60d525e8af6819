import { Fault } from './fault.tsx';
import { FileIcon, NotesIcon, PlanIcon } from './icons.tsx';

const TASKS = [
  { Icon: NotesIcon, name: 'Ask a question', task: 'Explain what a lease is' },
  { Icon: FileIcon, name: 'Make a small change', task: 'Create hello.py that prints hello' },
  {
    Icon: PlanIcon,
    name: 'Let it plan',
    task: 'Plan and build a small greeting tool: src/greet.js and src/hello.js',
  },
];

interface Props {
  disabled: boolean;
  error: unknown;
  onChoose: (task: string) => void;
}

/** Three tasks to begin with: one that is answered, one that changes a file, one that is planned. */
export function TaskCards({ disabled, error, onChoose }: Props) {
  return (
    <>
      <div className="grid gap-2.5 sm:grid-cols-3">
        {TASKS.map(({ Icon, name, task }) => (
          <button
            key={task}
            type="button"
            disabled={disabled}
            onClick={() => onChoose(task)}
            className="flex flex-col items-start gap-1.5 rounded-xl border border-line bg-panel p-3.5 text-left transition-colors hover:border-accent hover:bg-accent-wash disabled:opacity-60"
          >
            <Icon className="size-4 text-accent" />
            <span className="font-medium">{name}</span>
            <span className="text-[13px] text-soft">{task}</span>
          </button>
        ))}
      </div>
      <Fault error={error} className="mt-3" />
    </>
  );
}
