/** An amount in the currency of the server’s prices, which it does not name. */
export const costOf = (micros: number): string => {
  const amount = micros / 1_000_000;
  return amount !== 0 && amount < 0.01 ? '< 0.01' : amount.toFixed(2);
};
