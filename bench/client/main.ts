/** The client is a process of its own, which does what it is told to and says what it saw. */
import { ORDERS, type Orders } from './orders.ts';

export interface Told {
  readonly id: number;
  readonly order: keyof Orders;
  readonly what: object;
}

export type Said = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

const say = (said: Said) => process.send?.(said);

process.on('message', ({ id, order, what }: Told) => {
  (ORDERS[order] as (what: object) => Promise<unknown>)(what).then(
    (result) => say({ id, result: result ?? null }),
    (error: unknown) =>
      say({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
