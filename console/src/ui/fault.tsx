import { wordsOf } from '../app/queries.ts';

/** Why something could not be done. */
export function Fault({ error, className = '' }: { error: unknown; className?: string }) {
  if (!error) return null;
  return (
    <p role="alert" className={`rounded-lg bg-bad-wash px-3 py-2 text-bad wrap-anywhere ${className}`}>
      {typeof error === 'string' ? error : wordsOf(error)}
    </p>
  );
}
