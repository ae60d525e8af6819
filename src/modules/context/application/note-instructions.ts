import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { plainPath } from '../../../shared/domain/workspace-path.js';
import { BlobQueries } from '../../blobs/index.js';
import { PromptThread } from '../../conversations/index.js';
import {
  StoredWorkspaces,
  WorkspaceOf,
  WorkspaceReader,
  framed,
  isBeneath,
  noteOf,
} from '../../workspaces/index.js';
import { ThreadNotes } from './thread-notes.js';

/** The arguments that name a file or folder, also of tools that clients declare. */
const PATHS = ['path', 'to', 'cwd'] as const;

/** Tells agents the instructions of a folder with the first answer of a tool that has touched it. */
@Injectable()
export class NoteInstructions {
  constructor(private readonly reader: WorkspaceReader) {}

  /**
   * What goes with the answer to a call, in a unit of work that holds the run: what its thread was not told since its
   * checkpoint.
   * @returns null for nothing
   */
  async noteFor(
    tx: Transaction,
    run: WorkspaceOf,
    thread: PromptThread,
    args: JsonValue,
  ): Promise<string | null> {
    const paths = pathsIn(args);
    if (run.workspaceDigest === null || paths.length === 0) return null;
    const source = { workspaces: tx.get(StoredWorkspaces), blobs: tx.get(BlobQueries) };
    const workspace = await this.reader.read(run, source);
    const touched = (workspace?.ofFolders ?? []).filter(({ folder }) =>
      paths.some((path) => isBeneath(path, folder)),
    );
    if (touched.length === 0) return null;
    const untold = await tx.get(ThreadNotes).untold(run.sessionId, thread, touched.map(framed));
    return untold.length === 0 ? null : noteOf(untold);
  }
}

function pathsIn(args: JsonValue): string[] {
  const given = Object(args) as Partial<Record<string, unknown>>;
  return PATHS.map((name) => given[name])
    .filter((path) => typeof path === 'string')
    .map(plainPath);
}
