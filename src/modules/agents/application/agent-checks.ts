import { Injectable } from '@nestjs/common';
import { FieldFault } from '../../../shared/domain/domain-error.js';
import { AgentDefinition } from '../domain/agent.js';

/** Finds faults of an agent that its definition alone does not show. */
export type AgentCheck = (agent: AgentDefinition) => readonly FieldFault[];

/** The checks of other modules, which register theirs when they start. */
@Injectable()
export class AgentChecks {
  private readonly checks: AgentCheck[] = [];

  register(check: AgentCheck): void {
    this.checks.push(check);
  }

  faultsOf(agent: AgentDefinition): FieldFault[] {
    return this.checks.flatMap((check) => check(agent));
  }
}
