import type { ReactNode } from 'react';

interface Props {
  title: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page beside the conversation: one column that is read from top to bottom. */
export function Page({ title, about, actions, children }: Props) {
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto max-w-3xl px-4 py-8 sm:px-6">
        <header className="flex flex-wrap items-start gap-x-4 gap-y-3">
          <div className="min-w-0 grow basis-64">
            <h1 className="text-xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
            {about && <div className="mt-1 text-soft wrap-anywhere">{about}</div>}
          </div>
          {actions}
        </header>
        <div className="mt-6">{children}</div>
      </div>
    </div>
  );
}
