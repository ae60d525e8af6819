import { FileAnswer, ToolError, type ToolContext, type Tools } from '@agent-runtime/client';
import { changeIn, editFile, hashOf, notFound, requireExpected, textOf } from '@agent-runtime/client/edit';
import type { LentFolder } from './folder.ts';

type Names = 'read_file' | 'write_file' | 'edit_file' | 'delete_file' | 'move_file';

/** The tools that read and change one file. A change is refused where the file is not as the model was shown it. */
export function fileTools(folder: LentFolder): Required<Pick<Tools, Names>> {
  /** The bytes of a file that is to be changed, as the server expects them. */
  const expected = async (path: string, { call }: ToolContext): Promise<Uint8Array> => {
    const present = await folder.read(path);
    if (present === undefined) throw notFound(path);
    await requireExpected({ path, present, expectedHash: call.expected_hash });
    return present;
  };

  return {
    read_file: async ({ path, start_line: from, end_line: to }) => {
      const bytes = await folder.read(path);
      if (bytes === undefined) throw notFound(path);
      const text = textOf(bytes) ?? `${path} is no text; it has ${bytes.length} bytes`;
      if (from === undefined && to === undefined) return answer(text, path, bytes);
      const lines = text.split('\n').slice((from ?? 1) - 1, to);
      return answer(lines.join('\n'), path, bytes);
    },
    write_file: async ({ path, content, create_dirs: makes = false }, { call, show }) => {
      const present = await folder.read(path);
      await requireExpected({ path, present, expectedHash: call.expected_hash });
      await folder.write(path, content, makes);
      show(changeIn(path, present, content));
      return answer(`written, ${content.length} characters`, path, content);
    },
    edit_file: async ({ path, edits }, { call, show }) => {
      const present = await folder.read(path);
      const text = await editFile({ path, present, edits, expectedHash: call.expected_hash });
      await folder.write(path, text, false);
      show(changeIn(path, present, text));
      return answer(`changed in ${edits.length === 1 ? 'one place' : `${edits.length} edits`}`, path, text);
    },
    delete_file: async ({ path }, context) => {
      const present = await expected(path, context);
      await folder.remove(path);
      context.show(changeIn(path, present, ''));
      return 'deleted';
    },
    move_file: async ({ path, to }, context) => {
      const bytes = await expected(path, context);
      if ((await folder.read(to)) !== undefined) {
        throw new ToolError('file.exists', `${to} is there already: choose another name`);
      }
      // Browsers move no file between folders: it is there twice rather than not at all.
      await folder.write(to, bytes, true);
      await folder.remove(path);
      return answer(`moved to ${to}`, to, bytes);
    },
  };
}

const answer = async (result: string, path: string, bytes: string | Uint8Array): Promise<FileAnswer> =>
  new FileAnswer(result, { path, hash: await hashOf(bytes) });
