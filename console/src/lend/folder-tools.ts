import type { Tools } from '@agent-runtime/client';
import { fileTools } from './file-tools.ts';
import type { LentFolder } from './folder.ts';
import { searchTools } from './search-tools.ts';

/** The tools of an IDE on a folder that the user has lent. A page cannot execute commands, so agents are not offered that. */
export const LENT_TOOLS = [
  'read_file',
  'write_file',
  'edit_file',
  'delete_file',
  'move_file',
  'list_files',
  'create_directory',
  'glob',
  'search_in_code',
] as const;

export function folderTools(folder: LentFolder): Tools {
  return {
    ...fileTools(folder),
    ...searchTools(folder),
    create_directory: async ({ path }) => {
      await folder.makeFolder(path);
      return 'created';
    },
    // Asked for by a run that has begun before the folder was lent, or in a session of an IDE.
    execute_command: () => {
      throw new Error('Commands are not available: the workspace is a folder that a web page was lent.');
    },
  };
}
