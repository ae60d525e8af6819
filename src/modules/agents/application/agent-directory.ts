import { Injectable, Logger } from '@nestjs/common';
import { Agent, isAgentId } from '../domain/agent.js';
import { AgentVersionNotFound } from '../domain/agent.errors.js';
import { StoredAgent, StoredAgents } from '../domain/agent.repository.js';
import { AgentRoster } from '../domain/agent-roster.js';
import { AgentFormat } from './agent-format.js';
import { AgentRegistry } from './agent-registry.js';

/** More than one user may have. */
const MOST_KEPT = 256;

/** Names for the newest version; every agent had the number before agents had versions. */
const NEWEST = ['latest', '1.0.0'];

/** The part of a run that says which agents it uses. */
export interface AgentsOfRun {
  readonly userId: string;
  /** The versions that it began with, by agent. */
  readonly agentVersions: Readonly<Record<string, number>>;
}

/**
 * Finds agents: those of the installation in the memory of this process, those of a user and older versions in the database.
 * Inside a unit of work the caller gives that one's `StoredAgents`.
 */
@Injectable()
export class AgentDirectory {
  private readonly logger = new Logger(AgentDirectory.name);
  /** Versions do not change. The one that was read first goes first. */
  private readonly kept = new Map<string, Agent>();

  constructor(
    private readonly installed: AgentRegistry,
    private readonly stored: StoredAgents,
    private readonly format: AgentFormat,
  ) {}

  /** The agents that a user may use now. */
  async ofUser(userId: string, stored = this.stored): Promise<AgentRoster> {
    const current = (await stored.listCurrent(userId)).filter(({ id }) => !this.installed.find(id));
    const own = new Map(
      current.map((version) => [version.id, this.kept.get(keyOf({ owner: userId, ...version }))]),
    );
    const missing = current.filter(({ id }) => !own.get(id));
    for (const row of missing.length > 0 ? await stored.load(userId, missing) : []) {
      own.set(row.id, this.read(row));
    }
    return new AgentRoster([
      ...this.installed.all(),
      ...[...own.values()].filter((agent) => agent !== undefined),
    ]);
  }

  /** The current version of an agent; undefined if the user may use none with this id. */
  async find(userId: string, id: string, stored = this.stored): Promise<Agent | undefined> {
    const installed = this.installed.find(id);
    if (installed) return installed;
    const row = isAgentId(id) ? await stored.newest(userId, id) : undefined;
    return row && row.archivedAt === null ? this.read(row) : undefined;
  }

  /** The agent that answers next in a session: the default where the session's own is archived. */
  async ofSession(userId: string, id: string, stored = this.stored): Promise<Agent> {
    return (await this.find(userId, id, stored)) ?? this.installed.defaultAgent();
  }

  /** @throws AgentNotFound */
  async get(userId: string, id: string, stored = this.stored): Promise<Agent> {
    return (await this.find(userId, id, stored)) ?? (await this.ofUser(userId, stored)).get(id);
  }

  /** An agent that can be the current one of a session. @throws AgentNotFound */
  async conversational(userId: string, id: string, stored = this.stored): Promise<Agent> {
    const agents = this.installed.find(id) ? this.installed : await this.ofUser(userId, stored);
    return agents.conversational(id);
  }

  /**
   * A version of an agent that is not archived.
   * @param version a number, or a name for the newest
   * @throws AgentNotFound, AgentVersionNotFound
   */
  async getVersion(userId: string, id: string, version: string): Promise<Agent> {
    const current = await this.get(userId, id);
    if (NEWEST.includes(version) || version === String(current.version)) return current;
    const row = /^[1-9]\d{0,8}$/.test(version) && (await this.stored.find(userId, id, Number(version)));
    const agent = row && row.owner === current.owner ? this.read(row) : undefined;
    if (!agent) throw new AgentVersionNotFound(id, version, current.version);
    return agent;
  }

  /**
   * An agent as a run uses it: in the version that it began with, else the newest, also of an agent that was archived after a
   * plan had named it.
   * @throws AgentNotFound
   */
  async ofRun({ userId, agentVersions }: AgentsOfRun, id: string, stored = this.stored): Promise<Agent> {
    const version = Object.hasOwn(agentVersions, id) ? agentVersions[id] : undefined;
    const installed = this.installed.find(id);
    if (installed && (version === undefined || version === installed.version)) return installed;
    const row =
      version === undefined ? await stored.newest(userId, id) : await stored.find(userId, id, version);
    const agent = row && this.read(row);
    return agent ?? (await this.ofUser(userId, stored)).get(id);
  }

  /** Undefined for a definition that this version of the server does not understand. */
  read(row: StoredAgent): Agent | undefined {
    const key = keyOf(row);
    const agent = this.kept.get(key) ?? this.parse(row);
    if (agent) this.kept.set(key, agent);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    return agent;
  }

  private parse({ owner, id, version, definition }: StoredAgent): Agent | undefined {
    const read = this.format.read(id, definition);
    if (read.ok) return { ...read.agent, owner, version };
    this.logger.warn({ agent_version: version, faults: read.faults }, 'a stored agent cannot be read');
    return undefined;
  }
}

/** With the digest, since rows may be deleted by hand, and their numbers given anew. */
const keyOf = ({
  owner,
  id,
  version,
  digest,
}: Omit<StoredAgent, 'definition' | 'createdAt' | 'archivedAt'>) =>
  JSON.stringify([owner, id, version, digest]);
