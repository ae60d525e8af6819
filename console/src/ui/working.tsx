import type { ReactNode } from 'react';

/** Something is on its way. Shown after a moment, so that what is fast does not flicker. */
export function Working({ children, className = '' }: { children: ReactNode; className?: string }) {
  return (
    <p
      role="status"
      className={`flex animate-[appear_0.2s_0.3s_both] items-center gap-2 text-faint ${className}`}
    >
      <span aria-hidden="true" className="size-1.5 animate-[breathe_1.2s_infinite] rounded-full bg-accent" />
      {children}…
    </p>
  );
}
