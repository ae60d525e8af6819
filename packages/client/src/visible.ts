/** Control, format and separating characters, but for line ends and tabs: what is shown must be what is executed. */
const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Shows characters that cannot be seen by their code, as in `⟨U+202E⟩`. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (char) => `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`);
