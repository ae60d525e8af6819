/** Shortens a text to `longest` characters, with an ellipsis for what is left out. */
export const clip = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
