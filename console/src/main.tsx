import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { signInByLink } from './app/sign-in-by-link.ts';
import { askEarly } from './session/use-session-store.ts';
import './style.css';

function show(): void {
  askEarly(location.pathname);
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

// Without it the form of the page asks for a key.
signInByLink().then(show, show);
