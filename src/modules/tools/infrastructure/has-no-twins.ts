import { canonicalJson } from '../../../shared/domain/json.js';

/** Whether all items differ. The time is that of writing them down. */
export const hasNoTwins = (items: readonly unknown[]): boolean =>
  new Set(items.map(canonicalJson)).size === items.length;
