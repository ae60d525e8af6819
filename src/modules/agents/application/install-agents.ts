import { Injectable, OnModuleInit } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { INSTALLATION } from '../domain/agent.js';
import { AgentRepository } from '../domain/agent.repository.js';
import { AgentFiles } from './agent-files.js';
import { AgentRegistry } from './agent-registry.js';
import { digestOf } from './digest.js';

/**
 * Stores the agents of the installation as the files of this process define them: what differs from the newest version
 * becomes the next one, and an agent without a file is archived. Several processes may start at once. Not before all modules
 * have accepted their settings, so that a faulty start changes nothing.
 */
@Injectable()
export class InstallAgents implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly files: AgentFiles,
    private readonly registry: AgentRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    const { value } = await this.uow.run('install_agents', (tx) => this.install(tx));
    this.registry.enterVersions(new Map(value));
  }

  private async install(tx: Transaction): Promise<[id: string, version: number][]> {
    const agents = tx.get(AgentRepository);
    agents.lock(INSTALLATION);
    const newest = new Map((await agents.listNewest(INSTALLATION)).map((stored) => [stored.id, stored]));
    const versions: [string, number][] = [];
    for (const { agent, definition } of this.files.all) {
      const { id } = agent;
      const digest = digestOf(definition);
      const known = newest.get(id);
      newest.delete(id);
      if (known?.digest !== digest) {
        versions.push([id, (await agents.add({ owner: INSTALLATION, id, definition, digest })).version]);
        continue;
      }
      if (known.archivedAt !== null) agents.restore(INSTALLATION, known);
      versions.push([id, known.version]);
    }
    for (const { id, archivedAt } of newest.values()) {
      if (archivedAt === null) agents.archive(INSTALLATION, id);
    }
    return versions;
  }
}
