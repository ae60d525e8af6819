import { describeCall } from '../approvals/describe-call.ts';

/** A call that the agent has begun to write; what it is about is known when it is written. */
export function DraftedCall({ name }: { name: string }) {
  const { Icon, verb } = describeCall(name, null);
  return (
    <p
      role="status"
      className="flex items-center gap-2.5 rounded-lg border border-dashed border-line-strong px-3 py-1.5"
    >
      <Icon className="size-4 text-faint" />
      <span className="min-w-0 flex-1 truncate text-soft">{verb}</span>
      <span className="animate-[breathe_1.2s_infinite] text-xs whitespace-nowrap text-accent">
        being written…
      </span>
    </p>
  );
}
