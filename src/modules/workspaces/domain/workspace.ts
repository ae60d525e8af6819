/** A file of the workspace that says how to work there, such as AGENTS.md. */
export interface Instruction {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  /** Of its content, by which the user has stored it. */
  readonly hash: string;
}

/** The part of a workspace that agents are told with each request: a run keeps it as it was when the run began. */
export interface Workspace {
  readonly name: string;
  /** Its folders; `path` is that on the machine of the client. */
  readonly roots: readonly { readonly name: string; readonly path: string }[];
  readonly os: string | null;
  readonly shell: string | null;
  readonly ide: string | null;
  /** The most general first. */
  readonly instructions: readonly Instruction[];
}

/** Whether paths begin with the name of a root. */
export const hasRoots = ({ roots }: Pick<Workspace, 'roots'>): boolean => roots.length > 1;

/** A workspace as sessions and runs name it. Never changed. */
export interface StoredWorkspace extends Workspace {
  /** SHA-256 of what is told. */
  readonly digest: string;
}
