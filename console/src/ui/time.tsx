import { useSyncExternalStore } from 'react';
import { Signal } from '../app/signal.ts';

const now = new Signal(Date.now());
setInterval(() => now.set(Date.now()), 1_000);

/** The time, once a second, or once in `stepMs`. */
export function useNow(stepMs = 1_000): number {
  return useSyncExternalStore(now.subscribe, () => Math.floor(now.get() / stepMs) * stepMs);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `42 s`, `3 min`, `2 h 05 min`, `4 d`. */
export function lengthOf(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY)
    return `${Math.floor(ms / HOUR)} h ${String(Math.floor((ms % HOUR) / MINUTE)).padStart(2, '0')} min`;
  return `${Math.floor(ms / DAY)} d`;
}

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
export const fullTime = (iso: string): string => FULL.format(new Date(iso));

/** How long ago. */
export function Ago({ at, className }: { at: string; className?: string }) {
  const age = useNow(MINUTE / 6) - Date.parse(at);
  return (
    <time dateTime={at} title={fullTime(at)} className={className}>
      {age < MINUTE ? 'just now' : `${lengthOf(age)} ago`}
    </time>
  );
}

/** How long until a deadline. */
export function TimeLeft({ until }: { until: string }) {
  const left = Date.parse(until) - useNow();
  const near = left < 5 * MINUTE;
  return (
    <time dateTime={until} title={fullTime(until)} className={near ? 'font-medium text-bad' : ''}>
      {left <= 0 ? 'time is up' : `${countdownOf(left)} left`}
    </time>
  );
}

const countdownOf = (ms: number): string =>
  ms < HOUR
    ? `${Math.floor(ms / MINUTE)}:${String(Math.floor((ms % MINUTE) / 1_000)).padStart(2, '0')}`
    : lengthOf(ms);
