/** What the runtime itself is called where it decides in a user's place. */
export const RUNTIME = 'runtime';

const MAX_LENGTH = 255;

/** Whether something can be the id of a user: one line of text that nobody takes for another one, nor for the runtime. */
export const isUserId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_LENGTH &&
  value !== RUNTIME &&
  value.isWellFormed() &&
  /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u.test(value);
