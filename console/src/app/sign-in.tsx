import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Mark } from '../ui/icons.tsx';
import { credentials } from './credentials.ts';
import { me, queryClient, wordsOf } from './queries.ts';
import { isSignedOut, runtime } from './runtime.ts';

/** Asks for a key or token, and lets it be checked by one request. */
export function SignIn() {
  const before = useQuery({ ...me, enabled: false }).data;
  const [key, setKey] = useState('');
  const [keeps, setKeeps] = useState(false);
  const [fault, setFault] = useState<string>();
  const [isChecking, setIsChecking] = useState(false);
  const field = useId();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setIsChecking(true);
    setFault(undefined);
    credentials.keep(key.trim(), keeps);
    try {
      const account = await runtime.account.me();
      // What another user has loaded must not be seen.
      if (before && before.user !== account.user) location.assign('/console/');
      queryClient.setQueryData(me.queryKey, account);
      isSignedOut.set(false);
      await queryClient.invalidateQueries();
    } catch (error) {
      credentials.forget();
      setFault(wordsOf(error));
    } finally {
      setIsChecking(false);
    }
  };

  return (
    <div className="fixed inset-0 z-50 grid place-items-center overflow-y-auto bg-page/80 p-4 backdrop-blur-sm">
      <form
        onSubmit={(event) => void submit(event)}
        aria-labelledby={`${field}-title`}
        className="w-full max-w-sm rounded-xl border border-line bg-panel p-6 shadow-float"
      >
        <Mark className="size-8" />
        <h1 id={`${field}-title`} className="mt-4 text-lg font-semibold">
          {before ? 'Sign in again' : 'Sign in'}
        </h1>
        <p className="mt-1 text-soft">
          {before
            ? 'The key was revoked, or the token has expired. What you have typed is still there.'
            : 'This server asks for a key (it begins with ar_) or a token of your identity provider.'}
        </p>
        <label htmlFor={field} className="mt-5 block font-medium">
          Key or token
        </label>
        <input
          id={field}
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-invalid={fault !== undefined}
          aria-describedby={fault && `${field}-fault`}
          className="mt-1.5 w-full rounded-lg border border-line-strong bg-page px-3 py-2 font-mono"
        />
        {fault && (
          <p id={`${field}-fault`} role="alert" className="mt-2 text-bad">
            {fault}
          </p>
        )}
        <label className="mt-4 flex items-center gap-2 text-soft">
          <input
            type="checkbox"
            checked={keeps}
            onChange={(event) => setKeeps(event.target.checked)}
            className="accent-accent"
          />
          Keep it on this computer
        </label>
        <Button type="submit" kind="primary" disabled={isChecking || !key.trim()} className="mt-5 w-full">
          {isChecking ? 'Checking' : 'Sign in'}
        </Button>
        <p className="mt-4 text-xs text-faint">
          The operator issues keys with <code className="font-mono">npm run keys</code>. On your own machine{' '}
          <code className="font-mono">agent-runtime console</code> opens a page that is signed in.
        </p>
      </form>
    </div>
  );
}
