import type { OpenToolCall } from '@agent-runtime/client';

/** Which client executes a call, by the id of the call; those that no client has claimed are left out. */
export const holdersOf = (calls: readonly OpenToolCall[]): Map<string, string> =>
  new Map(calls.flatMap(({ call_id: id, client_id: by }) => (by === null ? [] : [[id, by]])));
