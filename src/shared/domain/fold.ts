/** A path or pattern as file systems compare it that ignore case and normal form. */
export const fold = (text: string): string => text.normalize('NFC').toUpperCase().toLowerCase();
