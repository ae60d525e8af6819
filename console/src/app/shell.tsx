import { type ReactNode, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../ui/button.tsx';
import { CloseIcon, MenuIcon } from '../ui/icons.tsx';
import { Sidebar } from './sidebar.tsx';

/** Sessions at the left, a page beside them; on a narrow screen the left one is opened over the page. */
export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false);
  const [location] = useLocation();
  useEffect(() => setIsOpen(false), [location]);

  return (
    <div className="flex h-full">
      <a
        href="#main"
        className="absolute -top-12 left-2 z-50 rounded-lg bg-accent px-3 py-1.5 text-on-accent focus:top-2"
      >
        Skip to the page
      </a>
      {isOpen && (
        <button
          type="button"
          aria-label="Close the menu"
          onClick={() => setIsOpen(false)}
          className="fixed inset-0 z-30 bg-shade/40 lg:hidden"
        />
      )}
      <aside
        aria-label="Places and sessions"
        className={`fixed inset-y-0 left-0 z-40 w-72 border-r border-line bg-page transition-transform lg:static lg:w-64 lg:translate-x-0 ${isOpen ? 'translate-x-0' : '-translate-x-full max-lg:invisible'}`}
      >
        <Sidebar />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-11 shrink-0 items-center border-b border-line px-2 lg:hidden">
          <Button
            kind="quiet"
            aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
            aria-expanded={isOpen}
            onClick={() => setIsOpen(!isOpen)}
            className="px-2"
          >
            {isOpen ? <CloseIcon /> : <MenuIcon />}
          </Button>
          <span className="ml-1 font-semibold">agent-runtime</span>
        </header>
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-hidden bg-panel outline-none">
          {children}
        </main>
      </div>
    </div>
  );
}
