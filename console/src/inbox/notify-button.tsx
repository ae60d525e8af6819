import { useEffect, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { useWaiting } from './use-waiting.ts';

const canNotify = 'Notification' in window;

/** Asks for notifications when the user wants them, never by itself. */
export function NotifyButton() {
  const [permission, setPermission] = useState(canNotify ? Notification.permission : 'denied');
  if (permission !== 'default') return null;
  return (
    <Button
      kind="quiet"
      className="max-sm:hidden"
      title="While this page is hidden, the system tells you when something waits"
      onClick={() => void Notification.requestPermission().then(setPermission)}
    >
      Notify me
    </Button>
  );
}

/** Shows in the tab’s title and icon how much waits, and notifies while the page is hidden. */
export function useWaitingMark(): void {
  const { items } = useWaiting();
  const count = items.length;
  const newest = items[0]?.id;
  useEffect(() => {
    document.title = count > 0 ? `(${count}) agent-runtime` : 'agent-runtime';
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (icon) icon.href = count > 0 ? '/console/icon-waiting.svg' : '/console/icon.svg';
  }, [count]);
  useEffect(() => {
    const isWanted =
      canNotify && Notification.permission === 'granted' && document.visibilityState === 'hidden';
    if (!newest || !isWanted) return undefined;
    // The same tag: the tabs of a browser show one notification together.
    const notification = new Notification('Something waits for you', { tag: newest });
    return () => notification.close();
  }, [newest]);
}
