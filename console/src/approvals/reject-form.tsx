import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { focus } from '../ui/focus.ts';

interface Props {
  isPending: boolean;
  onCancel: () => void;
  onReject: (feedback: string) => void;
}

export function RejectForm({ isPending, onCancel, onReject }: Props) {
  const [why, setWhy] = useState('');
  return (
    <form
      className="space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        onReject(why.trim());
      }}
    >
      <label className="block">
        <span className="text-xs font-medium text-soft">Why not? The agent reads it. May be left empty.</span>
        <textarea
          ref={focus}
          value={why}
          maxLength={10_000}
          rows={2}
          onChange={(event) => setWhy(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && onCancel()}
          className="mt-1 block w-full rounded-lg border border-line-strong bg-panel px-3 py-2"
        />
      </label>
      <div className="flex gap-2">
        <Button type="submit" kind="danger" disabled={isPending}>
          Reject
        </Button>
        <Button kind="quiet" disabled={isPending} onClick={onCancel}>
          Back
        </Button>
      </div>
    </form>
  );
}
