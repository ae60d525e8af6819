import { lent } from './lent.ts';

/** Missing but in Chromium, and in a page that came by plain HTTP under a name. */
export const canLend = 'showDirectoryPicker' in window && 'locks' in navigator;

/**
 * Asks for a folder and lends it to a session until it is taken back.
 * @throws Error with words for the user; nothing is thrown where no folder is chosen
 */
export async function lend(sessionId: string): Promise<void> {
  const root = await pickFolder();
  if (!root) return;
  // Most visits lend nothing.
  const { lendFolder } = await import('./lend-folder.ts');
  await lendFolder(sessionId, root);
}

export const takeBack = async (): Promise<void> => lent.get()?.takeBack();

async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await window.showDirectoryPicker({ mode: 'readwrite' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined; // closed without a choice
    throw error;
  }
}
