import { FileAnswer, ToolError, type ToolContext, type Tools } from '#client';
import { changeIn, editFile, hashOf, notFound, requireExpected, textOf } from '#client/edit';
import { constants, copyFile, mkdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Host } from './host.ts';

type Names = 'read_file' | 'write_file' | 'edit_file' | 'delete_file' | 'move_file';

/**
 * The tools that read and change one file. A change is refused where the file is not as the model was shown it.
 * @param locate where a path of the workspace really is
 */
export function fileTools(
  locate: (path: string) => Promise<string>,
  host: Pick<Host, 'read' | 'write'>,
): Required<Pick<Tools, Names>> {
  const readBytes = async (path: string) => host.read(await locate(path));

  /** The bytes of a file that is to be changed, as the server expects them. */
  const expected = async (path: string, { call }: ToolContext): Promise<Uint8Array> => {
    const present = await readBytes(path);
    if (present === undefined) throw notFound(path);
    await requireExpected({ path, present, expectedHash: call.expected_hash });
    return present;
  };

  return {
    read_file: async ({ path, start_line, end_line }) => {
      const bytes = await readBytes(path);
      if (bytes === undefined) throw notFound(path);
      const text = textOf(bytes) ?? `${path} is no text; it has ${bytes.length} bytes`;
      if (start_line === undefined && end_line === undefined) return answer(text, path, bytes);
      const lines = text.split('\n').slice((start_line ?? 1) - 1, end_line);
      return answer(lines.join('\n'), path, bytes);
    },
    write_file: async ({ path, content, create_dirs }, { call, show }) => {
      const present = await readBytes(path);
      await requireExpected({ path, present, expectedHash: call.expected_hash });
      const file = await locate(path);
      if (create_dirs) await mkdir(dirname(file), { recursive: true });
      await host.write(file, content);
      show(changeIn(path, present, content));
      return answer(`Wrote ${Buffer.byteLength(content)} bytes to ${path}`, path, content);
    },
    edit_file: async ({ path, edits }, { call, show }) => {
      const present = await readBytes(path);
      const text = await editFile({ path, present, edits, expectedHash: call.expected_hash });
      await host.write(await locate(path), text);
      show(changeIn(path, present, text));
      return answer(
        `Changed ${path} in ${edits.length === 1 ? 'one place' : `${edits.length} edits`}`,
        path,
        text,
      );
    },
    delete_file: async ({ path }, context) => {
      const present = await expected(path, context);
      await unlink(await locate(path));
      context.show(changeIn(path, present, ''));
      return `Deleted ${path}`;
    },
    move_file: async ({ path, to }, context) => {
      const bytes = await expected(path, context);
      if ((await readBytes(to)) !== undefined) {
        throw new ToolError('file.exists', `${to} is there already: choose another name`);
      }
      const target = await locate(to);
      await mkdir(dirname(target), { recursive: true });
      await move(await locate(path), target);
      return answer(`Moved ${path} to ${to}`, to, bytes);
    },
  };
}

/** Folders of a workspace may lie on several disks, between which nothing can be renamed. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await unlink(from);
  }
}

const answer = async (result: string, path: string, bytes: string | Uint8Array): Promise<FileAnswer> =>
  new FileAnswer(result, { path, hash: await hashOf(bytes) });
