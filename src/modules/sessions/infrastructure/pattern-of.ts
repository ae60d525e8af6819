const SPECIAL = /[\\^$.|?*+()[\]{}]/;

/**
 * A regular expression of PostgreSQL that finds a text in any case. Unlike `ilike` and `lower` it knows the cases of all letters
 * under every locale of the database.
 */
export const patternOf = (text: string): string => Array.from(text).map(inAnyCase).join('');

function inAnyCase(character: string): string {
  const cases = new Set([character, character.toLowerCase(), character.toUpperCase()]);
  const single = [...cases].filter((each) => Array.from(each).length === 1);
  if (single.length > 1) return `[${single.join('')}]`;
  return SPECIAL.test(character) ? `\\${character}` : character;
}
