import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  NotPrivate,
  isPrivateFolder,
  isPrivateSocket,
  openPrivateLog,
  readPrivate,
  writePrivate,
} from './private-file.js';

describe('A private file', () => {
  let folder: string;
  const path = () => join(folder, 'secret');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'private-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is written whole, for its user alone', async () => {
    await writePrivate(path(), 'one');
    await writePrivate(path(), 'two');
    expect(await readPrivate(path())).toBe('two');
    expect((await lstat(path())).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['secret']);
  });

  it('takes the place of a link, which is neither read nor followed', async () => {
    await writeFile(join(folder, 'target'), 'of another', { mode: 0o600 });
    await symlink(join(folder, 'target'), path());
    await expect(readPrivate(path())).rejects.toThrow(NotPrivate);
    await writePrivate(path(), 'mine');
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('of another');
    expect(await readPrivate(path())).toBe('mine');
  });

  it.each([0o640, 0o604, 0o620])('is not read with mode %o', async (mode) => {
    await writePrivate(path(), 'secret');
    await chmod(path(), mode);
    await expect(readPrivate(path())).rejects.toThrow('chmod 600');
  });

  describe('that is a log', () => {
    const append = async (text: string, followsLinks?: boolean) => {
      await using log = await openPrivateLog(path(), followsLinks);
      await log.write(text);
    };

    it('goes on, for its user alone from now on', async () => {
      await writeFile(path(), 'one ');
      await chmod(path(), 0o644);
      await append('two ');
      await append('three');
      expect(await readPrivate(path())).toBe('one two three');
    });

    it('is a link only where its user may have typed it', async () => {
      const target = join(folder, 'target');
      await writeFile(target, 'was: ', { mode: 0o644 });
      await symlink(target, path());
      await expect(append('x')).rejects.toThrow(NotPrivate);
      expect((await lstat(target)).mode & 0o777).toBe(0o644);
      await append('log', true);
      expect(await readPrivate(target)).toBe('was: log');
    });

    it('is no pipe, at which a writer would wait', async () => {
      execFileSync('mkfifo', [path()]);
      await expect(append('x')).rejects.toThrow('ENXIO');
    });
  });

  it('may be missing, and is no folder', async () => {
    expect(await readPrivate(path())).toBeUndefined();
    await mkdir(path(), { mode: 0o700 });
    await expect(readPrivate(path())).rejects.toThrow(NotPrivate);
  });

  it('is no socket', async () => {
    await writePrivate(path(), '');
    expect(await isPrivateSocket(path())).toBe(false);
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    expect(await isPrivateSocket(join(folder, 'socket'))).toBe(true);
    await chmod(folder, 0o755);
    expect(await isPrivateSocket(join(folder, 'socket'))).toBe(false);
    server.close();
  });

  it('is in a folder that other users cannot enter', async () => {
    expect(await isPrivateFolder(folder)).toBe(true);
    await chmod(folder, 0o755);
    expect(await isPrivateFolder(folder)).toBe(false);
    expect(await isPrivateFolder(path())).toBe(false);
  });
});
