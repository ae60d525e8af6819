import { AsyncLocalStorage } from 'node:async_hooks';

/** A transaction contains a wait or another transaction. A defect of the caller, never the client's. */
export class UnitOfWorkMisuse extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnitOfWorkMisuse';
  }
}

type Open = { readonly kind: 'unit of work' | 'model call'; readonly name: string };

const path = new AsyncLocalStorage<Open>();

/**
 * Enforces the rule "no transaction across a wait": the asynchronous path records what is open, and a second unit of
 * work or model call inside it throws. It only guards; there is no ambient transaction.
 */
function enter<T>(kind: Open['kind'], name: string, work: () => Promise<T>): Promise<T> {
  const open = path.getStore();
  if (open) throw new UnitOfWorkMisuse(`${kind} ${name} begins inside ${open.kind} ${open.name}`);
  return path.run({ kind, name }, work);
}

export const enterUnitOfWork = <T>(operation: string, work: () => Promise<T>) =>
  enter('unit of work', operation, work);

/** Wraps a call of a language model from the request to the last token. */
export const enterModelCall = <T>(model: string, work: () => Promise<T>) => enter('model call', model, work);

/** Runs work that is not part of the unit of work or model call that started it. */
export const outsideOpenWaits = <T>(work: () => T): T => path.exit(work);
