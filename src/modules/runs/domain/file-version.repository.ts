/** A file as a thread was shown it. */
export interface FileVersion {
  readonly sessionId: string;
  readonly thread: string;
  readonly path: string;
  /** SHA-256 of the text as it would be saved, in hexadecimal digits. */
  readonly hash: string;
  /** The call whose answer showed it; null = it was attached to a message. */
  readonly callId: string | null;
}

/** The newest version of each file that a thread was shown, inside a unit of work. A change needs the lock of its run. */
export abstract class FileVersionRepository {
  /** Hashes by path, of those paths that the thread was shown. */
  abstract newest(
    sessionId: string,
    thread: string,
    paths: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  /** Takes the place of the version before. */
  abstract put(version: FileVersion): void;
  /** The file is no longer there. */
  abstract forget(sessionId: string, thread: string, path: string): void;
}
