import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const MINE_ALONE = 0o600;
const OTHERS = 0o077;

const isMine = ({ uid, mode }: { uid: number; mode: number }): boolean =>
  uid === process.getuid!() && (mode & OTHERS) === 0;

/** A file that another user owns, or may read or write. */
export class NotPrivate extends Error {
  constructor(path: string) {
    super(`${path} must be a file of yours that no other user may read or write (chmod 600)`);
  }
}

/** @returns undefined where there is no file; @throws NotPrivate, also for a link */
export async function readPrivate(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile() || !isMine(found)) throw new NotPrivate(path);
    return await file.readFile('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === 'ELOOP' ? new NotPrivate(path) : error;
  } finally {
    await file?.close();
  }
}

/** Readers find the file before or the whole new one. A link at its place is replaced, and not followed. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', MINE_ALONE);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close();
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Opens a log to append to, which holds more than other users may know: whatever mode it had, it is for its user alone.
 * @param followsLinks of a path that its user has typed, who means what it leads to: another disk, or /dev/stderr
 * @throws NotPrivate where it is a file of another user, or, unless links are followed, no file
 */
export async function openPrivateLog(path: string, followsLinks = false): Promise<FileHandle> {
  const plainOnly = followsLinks ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | plainOnly;
  const file = await open(path, flags, MINE_ALONE).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? new NotPrivate(path) : error;
  });
  try {
    const found = await file.stat();
    if (found.isFile()) {
      if (found.uid !== process.getuid!()) throw new NotPrivate(path);
      await file.chmod(MINE_ALONE);
    } else if (!followsLinks) throw new NotPrivate(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether only this user (and root) can make anything in the folder. */
export async function isPrivateFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && found.isDirectory() && isMine(found);
}

/** Whether it is a socket, on which nothing but programs of this user (and root) listens. */
export async function isPrivateSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && found.isSocket() && isPrivateFolder(dirname(path));
}
