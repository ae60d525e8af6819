import { DeclaredTool, KeptList, RefusedTool, ToolList } from './declared-tool.js';

/** Reads tools of clients; one adapter works on a connection of its own, the other inside a unit of work. */
export abstract class StoredTools {
  /** The lists of a session that have not expired, by client. */
  abstract listLive(sessionId: string): Promise<ToolList[]>;
  abstract listRefused(sessionId: string): Promise<RefusedTool[]>;
  /** The tools that runs of a session keep; undefined once the session was deleted. */
  abstract find(sessionId: string, digest: string): Promise<readonly DeclaredTool[] | undefined>;
}

/** Changes tools of clients, inside a unit of work. */
export abstract class ToolListRepository {
  /** Takes the place of the client's list. Needs the lock of the session. */
  abstract put(list: Omit<ToolList, 'expiresAt'>): Promise<ToolList>;
  /** Lets the list of a client live for its time from now on, if it is there. */
  abstract renew(sessionId: string, clientId: string): void;
  abstract delete(sessionId: string, clientId: string): void;
  /** Stores what a run uses, unless it is stored. */
  abstract keep(sessionId: string, list: KeptList): void;
  /** Notes that a model does not take a tool. */
  abstract refuse(sessionId: string, tool: Pick<RefusedTool, 'digest' | 'model'>): void;
  /** Deletes all that is stored of a session. */
  abstract forget(sessionId: string): void;
}
