/** The partition of `deltas` with the rows of a slot. */
export const partitionOf = (slot: number): string => `deltas_${slot}`;
