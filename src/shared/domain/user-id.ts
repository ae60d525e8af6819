/** The runtime itself, as the author of decisions made in a user's place. */
export const RUNTIME = 'runtime';

/** The only user of a server without authentication. */
export const LOCAL_USER = 'local';

const MAX_LENGTH = 255;

/** Whether a value is a valid id of an authenticated user: one line of text, and not a reserved name. */
export const isUserId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_LENGTH &&
  value !== RUNTIME &&
  value !== LOCAL_USER &&
  value.isWellFormed() &&
  /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u.test(value);
