import { Problem } from '@agent-runtime/client';
import { runtime } from '../app/runtime.ts';
import { type Folder, LentFolder } from './folder.ts';
import { LENT_TOOLS, folderTools } from './folder-tools.ts';
import { lent } from './lent.ts';
import { FolderTelling } from './tell-folder.ts';

/**
 * Lends a folder to a session until it is taken back. One tab of the browser lends at a time: two that execute the same call
 * would write twice.
 * @throws Error with words for the user
 */
export async function lendFolder(sessionId: string, root: Folder): Promise<void> {
  await navigator.locks.request('agent-runtime.lend', { ifAvailable: true }, async (lock) => {
    if (!lock) throw new Error('Another tab of this browser lends a folder already.');
    let isTold = await tellTools(sessionId);
    const folder = new LentFolder(root);
    const name = root.name || 'folder';
    const telling = new FolderTelling(sessionId, folder, name);
    const tellFolder = async () => {
      const notes = await telling.tell();
      const now = lent.get();
      if (now?.folder === folder) lent.set({ ...now, notes });
    };
    const lending = runtime.lend(sessionId, {
      tools: folderTools(folder),
      onEvent: async ({ type }) => {
        if (type !== 'run.finished') return;
        if (!isTold) isTold = await tellTools(sessionId);
        void tellFolder(); // its run may have changed the instructions
      },
    });
    lent.set({ sessionId, name, folder, notes: [], takeBack: () => lending.close() });
    void tellFolder();
    await lending.ended.finally(() => lent.set(null));
    await forgetTools(sessionId);
  });
}

/**
 * Has the session offer its agents what a page can execute. What an IDE has told the session stays.
 * @returns false while a run is active, which goes on with the tools that it has
 */
async function tellTools(sessionId: string): Promise<boolean> {
  const { builtin_tools: told } = await runtime.sessions.get(sessionId);
  if (told !== null) return true;
  return changed(sessionId, { builtin_tools: [...LENT_TOOLS], file_hashes: true });
}

/** Takes back what was told; a session in which a run is active keeps it, and calls then wait for a client. */
async function forgetTools(sessionId: string): Promise<void> {
  const { builtin_tools: told } = await runtime.sessions.get(sessionId);
  const isOwn = told?.length === LENT_TOOLS.length && LENT_TOOLS.every((name) => told.includes(name));
  if (isOwn) await changed(sessionId, { builtin_tools: null, file_hashes: false });
}

async function changed(
  sessionId: string,
  change: Parameters<typeof runtime.sessions.update>[1],
): Promise<boolean> {
  try {
    await runtime.sessions.update(sessionId, change);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'run.in_progress') return false;
    throw error;
  }
}
