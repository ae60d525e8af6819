import { StoredWorkspace } from './workspace.js';

/** Reads workspaces; one adapter works on a connection of its own, the other inside a unit of work. */
export abstract class StoredWorkspaces {
  /** A workspace that a session has, or that a run of it keeps; undefined once the session was deleted. */
  abstract find(sessionId: string, digest: string): Promise<StoredWorkspace | undefined>;
}

/** Changes workspaces, inside a unit of work that has locked the session. */
export abstract class WorkspaceRepository {
  /**
   * Stores the workspace of a session. Those before are kept for an hour, and for as long as a run goes on that began with them.
   * @returns the hashes of all instructions of those that are kept
   */
  abstract put(sessionId: string, workspace: StoredWorkspace): Promise<string[]>;
  /** Deletes all that is stored of a session. */
  abstract forget(sessionId: string): void;
}
