import type { ReactNode } from 'react';
import { Button } from './button.tsx';

interface Props {
  title: string;
  children?: ReactNode;
  action?: { label: string; onClick: () => void };
  /** Whether it is all of a page. */
  isPage?: boolean;
}

/** What stands where there is nothing to show. */
export function Empty({ title, children, action, isPage = false }: Props) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div className="mx-auto max-w-md px-6 py-16 text-center">
      <Heading className="text-base font-semibold">{title}</Heading>
      {children && <p className="mt-1.5 text-soft">{children}</p>}
      {action && (
        <Button onClick={action.onClick} className="mt-4">
          {action.label}
        </Button>
      )}
    </div>
  );
}
