/** A version of an agent, as it is stored. */
export interface StoredAgent {
  readonly owner: string;
  readonly id: string;
  readonly version: number;
  readonly definition: string;
  /** SHA-256 of the definition, in hexadecimal digits. */
  readonly digest: string;
  readonly createdAt: Date;
  /** Since when it is not the current version: a newer one took its place, or the agent was archived. */
  readonly archivedAt: Date | null;
}

/** Reads versions of agents; one adapter works on a connection of its own, the other inside a unit of work. */
export abstract class StoredAgents {
  /** The current versions of an owner's agents, by id. */
  abstract listCurrent(owner: string): Promise<(AgentVersion & Pick<StoredAgent, 'digest'>)[]>;
  /** Versions of an owner's agents. */
  abstract load(owner: string, versions: readonly AgentVersion[]): Promise<StoredAgent[]>;
  /** The newest version of an owner's agent, archived or not. */
  abstract newest(owner: string, id: string): Promise<StoredAgent | undefined>;
  /** A version of an agent that a user has or had, or the installation. */
  abstract find(userId: string, id: string, version: number): Promise<StoredAgent | undefined>;
}

export type AgentVersion = Pick<StoredAgent, 'id' | 'version'>;

/** Changes agents, inside a unit of work. */
export abstract class AgentRepository {
  /**
   * Keeps others from changing the agents of an owner until the unit of work ends.
   * @param how `share`: only those wait that change them
   */
  abstract lock(owner: string, how?: 'share'): void;
  /** The newest version of each agent of an owner, archived or not. */
  abstract listNewest(owner: string): Promise<Omit<StoredAgent, 'definition'>[]>;
  /**
   * Adds a version and makes it the current one. Its number is one more than that of every version with this id that its
   * owner or the installation has, or any user where the owner is the installation: so a number stands for one version among
   * those that a user may have met, whichever of the two owned it.
   */
  abstract add(agent: Pick<StoredAgent, 'owner' | 'id' | 'definition' | 'digest'>): Promise<StoredAgent>;
  /** Makes a version the current one again. */
  abstract restore(owner: string, version: AgentVersion): void;
  /** Leaves an agent without a current version. */
  abstract archive(owner: string, id: string): void;
}
