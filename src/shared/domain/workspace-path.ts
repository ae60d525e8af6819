/** `CON` and `nul.txt` are devices in every folder of Windows; what follows the first dot does not count. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(?:\.|$)/i;

/** The form of the second names that Windows gives to files: `GIT~1` is `.git`. */
const SHORT_NAME = /^[^.]{0,6}~\d{1,6}(?:\.[^.]{0,3})?$/;

/** Characters that people do not see, and that some file systems ignore: joiners, direction marks, halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** The scripts that spell words with joiners: Persian, Syriac, and those of India and its neighbours. */
const JOINED_SCRIPTS = 'Arab Syrc Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr'.split(' ');
const JOINED = String.raw`[[\p{L}\p{M}]&&[${JOINED_SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')}]]`;

/** Where joiners and selectors belong: in emoji, and between letters of such a script. */
const WELL_USED = new RegExp(String.raw`\p{RGI_Emoji}|(?<=${JOINED})[\u200c\u200d](?=${JOINED})`, 'gv');

/**
 * Why a path is not accepted as the name of a file or folder in a workspace. An accepted path means the same file on
 * Linux, macOS and Windows, and ends as it reads; `\` separates names like `/`.
 * @returns what the path must or must not be, or undefined if it is accepted
 */
export function pathFault(path: string): string | undefined {
  const outside = outsideFault(path);
  if (outside) return outside;
  const names = namesIn(path);
  if (names.some((name) => name.endsWith('.') || name !== name.trim())) {
    return 'must not contain a name that begins or ends with white space, or ends with a dot';
  }
  if (names.some((name) => DEVICE.test(name)))
    return 'must not contain the name of a device, like CON or NUL';
  if (names.some((name) => SHORT_NAME.test(name))) return 'must not contain a short name, like PROGRA~1';
  return undefined;
}

/** The part of `pathFault` that patterns have in common with paths: what may lie outside of the workspace, or hides. */
export function outsideFault(path: string): string | undefined {
  const unseen = unseenFault(path);
  if (unseen) return unseen;
  if (/^[/\\]/.test(path)) return 'must be relative to the workspace';
  // Of a drive, or of a stream: on Windows `x.md:y.ts` is a part of x.md that opens as a file of its own.
  if (path.includes(':')) return 'must not contain a colon';
  const names = namesIn(path);
  // Windows ignores dots and spaces at the end of a name.
  if (names.some((name) => /^[.\s]+$/.test(name))) return 'must not contain ..';
  if (names[0]?.startsWith('~')) return 'must not begin with ~, which may stand for a home folder';
  return undefined;
}

/** The part of `pathFault` about what the person who approves would not see. */
export const unseenFault = (text: string): string | undefined =>
  INVISIBLE.test(text.replace(WELL_USED, ''))
    ? 'must not contain NUL, control or invisible characters'
    : undefined;

/** The canonical form of a path: names with `/` between them, without empty ones and `.`. */
export const plainPath = (path: string): string => namesIn(path).join('/') || '.';

const namesIn = (path: string): string[] => path.split(/[/\\]/).filter((name) => name !== '' && name !== '.');
