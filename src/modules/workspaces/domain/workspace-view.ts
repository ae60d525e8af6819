import { Git } from '../../../shared/domain/git.js';
import { StoredWorkspace } from './workspace.js';

/** A workspace as clients see it. */
export const toWorkspaceView = (
  { name, roots, os, shell, ide, instructions }: StoredWorkspace,
  git: Git | null,
) => ({
  ...{ name, os, shell, ide, git },
  roots: roots.map((root) => ({ ...root })),
  instructions: instructions.map((instruction) => ({ ...instruction })),
});

export type WorkspaceView = ReturnType<typeof toWorkspaceView>;
