import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { FieldFault, InputInvalid } from '../../../shared/domain/domain-error.js';
import { AgentDefinition, INSTALLATION } from '../domain/agent.js';
import { AgentLimitReached, AgentNameTaken, AgentVersionChanged } from '../domain/agent.errors.js';
import { AgentRepository, StoredAgents } from '../domain/agent.repository.js';
import { AgentVersionView } from '../domain/agent-view.js';
import { handOverFaults } from '../domain/hand-overs.js';
import { AgentChecks } from './agent-checks.js';
import { AgentDirectory } from './agent-directory.js';
import { AgentFormat } from './agent-format.js';
import { AgentRegistry } from './agent-registry.js';
import { digestOf } from './digest.js';
import { ViewAgents } from './view-agents.js';

const MOST_AGENTS = 200;

export interface SaveAgentCommand {
  readonly userId: string;
  readonly id: string;
  readonly definition: string;
  /** The version that the user has changed; 0 = none. */
  readonly basedOn: number;
}

/** Stores an agent of a user; one that differs from the newest version becomes the next. */
@Injectable()
export class SaveAgent {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly installed: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly format: AgentFormat,
    private readonly checks: AgentChecks,
    private readonly views: ViewAgents,
  ) {}

  /** @throws InputInvalid, AgentNameTaken, AgentVersionChanged, AgentLimitReached */
  async execute({ userId, id, definition, basedOn }: SaveAgentCommand): Promise<AgentVersionView> {
    const agent = this.read(id, definition);
    if (this.installed.find(id)) throw new AgentNameTaken(id);
    const digest = digestOf(definition);
    const { value } = await this.uow.run('save_agent', async (tx) => {
      const [agents, stored] = [tx.get(AgentRepository), tx.get(StoredAgents)];
      // A process with other files may start at this moment.
      agents.lock(INSTALLATION, 'share');
      agents.lock(userId);
      const [newest, others, installed] = await Promise.all([
        stored.newest(userId, id),
        this.directory.ofUser(userId, stored),
        stored.newest(INSTALLATION, id),
      ]);
      if (installed?.archivedAt === null) throw new AgentNameTaken(id);
      const current = newest?.archivedAt === null ? newest : undefined;
      // Also a request that is sent again, because its answer was lost.
      if (current?.digest === digest) return current;
      if (basedOn !== (current?.version ?? 0)) throw new AgentVersionChanged(id, current?.version ?? 0);
      const rest = others.all().filter((other) => other.id !== id);
      refuse(handOverFaults(agent, [...rest, agent]));
      const own = rest.filter(({ owner }) => owner === userId).length;
      if (own >= MOST_AGENTS) throw new AgentLimitReached(MOST_AGENTS);
      return agents.add({ owner: userId, id, definition, digest });
    });
    return this.views.viewOf(value)!; // what was just read can be read
  }

  private read(id: string, definition: string): AgentDefinition {
    const read = this.format.read(id, definition);
    if (!read.ok) throw refusal(read.faults);
    refuse(this.checks.faultsOf(read.agent));
    return read.agent;
  }
}

function refuse(faults: readonly FieldFault[]): void {
  if (faults.length > 0) throw refusal(faults);
}

/** The id stands in the address, all else in the definition. */
const refusal = (faults: readonly FieldFault[]): InputInvalid =>
  new InputInvalid(
    faults.map(({ field, message }) => ({
      field: field === 'id' || field === 'definition' ? field : `definition.${field}`,
      message,
    })),
  );
