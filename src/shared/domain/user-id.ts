/** What the runtime itself is called where it decides in a user's place. */
export const RUNTIME = 'runtime';

/** Whoever reaches a server without authentication. */
export const LOCAL_USER = 'local';

const MAX_LENGTH = 255;

/** Whether something can be the id of a user who is known by credentials: one line of text, and no name of ours. */
export const isUserId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_LENGTH &&
  value !== RUNTIME &&
  value !== LOCAL_USER &&
  value.isWellFormed() &&
  /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u.test(value);
