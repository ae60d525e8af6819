/** Where the version control of a workspace stands. */
export interface Git {
  /** Null where no branch is checked out. */
  readonly branch: string | null;
  readonly commit: string | null;
}
