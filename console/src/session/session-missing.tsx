import { Problem } from '@agent-runtime/client';
import { useLocation } from 'wouter';
import { address } from '../app/address.ts';
import { wordsOf } from '../app/queries.ts';
import { Empty } from '../ui/empty.tsx';

export function SessionMissing({ error }: { error: unknown }) {
  const [, go] = useLocation();
  const isGone = error instanceof Problem && (error.status === 404 || error.status === 400);
  return (
    <Empty
      isPage
      title={isGone ? 'There is no such session' : 'The session cannot be shown'}
      action={{ label: 'To the inbox', onClick: () => go(address.inbox) }}
    >
      {isGone ? 'It may have been deleted, or belong to another user.' : wordsOf(error)}
    </Empty>
  );
}
