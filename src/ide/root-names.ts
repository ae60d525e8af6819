import { basename } from 'node:path';

/** In characters; the server takes 200. */
const MAX_NAME = 100;
/** What is not taken over into a name: signs that paths, globs and links give a meaning, and what is not seen. */
const OTHERS = /\p{Default_Ignorable_Code_Point}|[^\p{L}\p{M}\p{N}_.+@ -]/gu;
/** A dot at the beginning stays: `.github` is protected by its name. */
const ENDS = /^ +|[. ]+$/g;
/** Windows opens a device by these names. */
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³]) *(?:\.|$)/i;

/** What folders are called in a workspace: each by another name and, where there are several, one that the server takes in a path. */
export function rootNames(folders: readonly string[]): string[] {
  if (folders.length === 1) return folders.map((folder) => basename(folder) || folder);
  const taken = new Set<string>();
  return folders.map((folder) => {
    const plain = plainName(basename(folder));
    let name = plain;
    for (let number = 2; taken.has(fold(name)); number++) name = `${plain}-${number}`;
    taken.add(fold(name));
    return name;
  });
}

function plainName(name: string): string {
  const plain = name.normalize('NFC').slice(0, MAX_NAME).replace(OTHERS, '-').replace(ENDS, '') || 'folder';
  return DEVICE.test(plain) ? `_${plain}` : plain;
}

/** Names that differ in case alone are one to some rules of the server. */
const fold = (name: string): string => name.toUpperCase().toLowerCase();
