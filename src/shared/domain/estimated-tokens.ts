const CHARACTERS_PER_TOKEN = 3.5;

/** An image of any size: providers make large ones smaller. */
export const IMAGE_TOKENS = 1_500;

/**
 * The tokens of a text, without the tokenizer of a vendor: 3.5 ASCII characters are one, and every other character (UTF-16
 * code unit) is one of its own.
 */
export function estimatedTokens(text: string): number {
  let others = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) others++;
  return Math.ceil((text.length - others) / CHARACTERS_PER_TOKEN) + others;
}
