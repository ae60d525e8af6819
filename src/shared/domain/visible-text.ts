/** A character that leaves a mark by itself: U+2800 is a braille cell without dots. */
const MARK = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{M}\u2800]/u;

/** Whether a reader sees anything: spaces, control characters and zero-width characters alone show nothing. */
export const isVisible = (text: string): boolean => MARK.test(text);
