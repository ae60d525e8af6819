import { AsyncLocalStorage } from 'node:async_hooks';

/** Somebody combined a transaction with a wait, or two transactions. A defect of the caller, never the client's. */
export class UnitOfWorkMisuse extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnitOfWorkMisuse';
  }
}

type Open = { readonly kind: 'unit of work' | 'model call'; readonly name: string };

const path = new AsyncLocalStorage<Open>();

/**
 * Makes the rule "no transaction across a wait" executable: what is open is known on the same asynchronous path, and
 * opening a second thing inside it is refused. It guards; it hands nothing down (there is no ambient transaction).
 */
function enter<T>(kind: Open['kind'], name: string, work: () => Promise<T>): Promise<T> {
  const open = path.getStore();
  if (open) throw new UnitOfWorkMisuse(`${kind} ${name} begins inside ${open.kind} ${open.name}`);
  return path.run({ kind, name }, work);
}

export const enterUnitOfWork = <T>(operation: string, work: () => Promise<T>) =>
  enter('unit of work', operation, work);

/** Wraps a call to a language model from the request to the last token. */
export const enterModelCall = <T>(model: string, work: () => Promise<T>) => enter('model call', model, work);

/** Runs work that has a path of its own, though it was set off from inside something open. */
export const leavePath = <T>(work: () => T): T => path.exit(work);
