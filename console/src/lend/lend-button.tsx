import { useMutation } from '@tanstack/react-query';
import { Button } from '../ui/button.tsx';
import { FolderIcon } from '../ui/icons.tsx';
import { canLend, lend, takeBack } from './lending.ts';
import { useLent } from './use-lent.ts';

/** Lends the session a folder of this computer, so that its files can be read and written from the page alone. */
export function LendButton({ sessionId }: { sessionId: string }) {
  const lent = useLent();
  const begin = useMutation({ mutationFn: () => lend(sessionId) });
  if (!canLend) return null;
  if (lent && lent.sessionId === sessionId) {
    return (
      <Button
        kind="quiet"
        className="bg-accent-wash px-2 text-accent"
        aria-label={`Take the folder ${lent.name} back`}
        title="The agent may read here, and write what you approve. Click to take it back."
        onClick={() => void takeBack()}
      >
        <FolderIcon />
        <span className="max-w-32 truncate">{lent.name}</span>
      </Button>
    );
  }
  return (
    <Button
      kind="quiet"
      className="px-2"
      disabled={lent !== null}
      title={
        lent
          ? 'A folder is lent to another session'
          : begin.error
            ? begin.error.message
            : 'The agent may read in it, and write what you approve. Commands are not available.'
      }
      onClick={() => begin.mutate()}
    >
      <FolderIcon />
      <span className={`max-sm:sr-only ${begin.error ? 'text-bad' : ''}`}>
        {begin.error ? 'Not lent' : 'Lend a folder'}
      </span>
    </Button>
  );
}
