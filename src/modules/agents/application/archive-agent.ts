import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { AgentNameTaken } from '../domain/agent.errors.js';
import { AgentRepository, StoredAgents } from '../domain/agent.repository.js';
import { AgentDirectory } from './agent-directory.js';
import { AgentRegistry } from './agent-registry.js';

/** Takes an agent of a user out of use. Runs that have begun with it end as they began. */
@Injectable()
export class ArchiveAgent {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly installed: AgentRegistry,
    private readonly directory: AgentDirectory,
  ) {}

  /** @throws AgentNotFound, AgentNameTaken for an agent of the installation */
  async execute({ userId, id }: { userId: string; id: string }): Promise<void> {
    if (this.installed.find(id)) throw new AgentNameTaken(id);
    await this.uow.run('archive_agent', async (tx) => {
      const agents = tx.get(AgentRepository);
      agents.lock(userId);
      await this.directory.get(userId, id, tx.get(StoredAgents));
      agents.archive(userId, id);
    });
  }
}
