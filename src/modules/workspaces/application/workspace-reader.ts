import { Injectable } from '@nestjs/common';
import { BlobQueries } from '../../blobs/index.js';
import { folderOf } from '../domain/instruction-order.js';
import { hasRoots } from '../domain/workspace.js';
import { StoredWorkspaces } from '../domain/workspace.repository.js';
import { environmentOf } from './describe-workspace.js';
import { instructionsOf } from './frame-instructions.js';
import { ToldWorkspace } from './told-workspace.js';

/** Workspaces in memory; one has at most 256 KB. */
const MOST_KEPT = 50;

/** The part of a run or session that says which workspace it is about. */
export interface WorkspaceOf {
  readonly userId: string;
  readonly sessionId: string;
  /** Null = none. */
  readonly workspaceDigest: string | null;
}

/** Where to read: by a connection of its own, or inside a unit of work. */
export interface WorkspaceSource {
  readonly workspaces: StoredWorkspaces;
  readonly blobs: BlobQueries;
}

/** Reads what agents are told of a workspace. */
@Injectable()
export class WorkspaceReader {
  /** By user and digest: they do not change. The one that was read first goes first. */
  private readonly kept = new Map<string, ToldWorkspace>();

  constructor(
    private readonly workspaces: StoredWorkspaces,
    private readonly blobs: BlobQueries,
  ) {}

  /** Null without a workspace, and once the session was deleted. Inside a unit of work the caller gives its source. */
  async read(
    { userId, sessionId, workspaceDigest: digest }: WorkspaceOf,
    source: WorkspaceSource = { workspaces: this.workspaces, blobs: this.blobs },
  ): Promise<ToldWorkspace | null> {
    if (digest === null) return null;
    const key = `${userId} ${digest}`;
    const told = this.kept.get(key) ?? (await this.load(userId, sessionId, digest, source));
    if (!told) return null;
    this.kept.set(key, told);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    return told;
  }

  private async load(
    userId: string,
    sessionId: string,
    digest: string,
    { workspaces, blobs }: WorkspaceSource,
  ): Promise<ToldWorkspace | null> {
    const workspace = await workspaces.find(sessionId, digest);
    if (!workspace) return null;
    const contents = await blobs.read(
      userId,
      workspace.instructions.map(({ hash }) => hash),
    );
    // The session is deleted at this moment, but others of the user may have the same workspace.
    if (workspace.instructions.some(({ hash }) => !contents.has(hash))) return null;
    const texts = workspace.instructions
      .map(({ path, hash }) => ({
        path,
        text: Buffer.from(contents.get(hash)!).toString(),
        folder: folderOf(path, hasRoots(workspace)),
      }))
      .filter(({ text }) => text.trim() !== '');
    return {
      digest,
      environment: environmentOf(workspace),
      instructions: instructionsOf(texts),
      ofFolders: texts.filter(({ folder }) => folder !== ''),
    };
  }
}
