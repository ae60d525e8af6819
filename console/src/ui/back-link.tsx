import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { ChevronIcon } from './icons.tsx';

export const BackLink = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link
    href={to}
    className="mb-1 inline-flex items-center gap-1 rounded text-xs font-normal text-soft hover:text-ink"
  >
    <ChevronIcon className="size-3 rotate-180" />
    {children}
  </Link>
);
