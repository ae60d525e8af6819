import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentRegistry, AgentsModule, ToolCatalog } from '../agents/index.js';
import { SessionsModule } from '../sessions/index.js';
import { ApprovalsController } from './api/approvals.controller.js';
import { ApprovalQueries } from './application/approval.queries.js';
import { ApprovalPolicy } from './domain/approval-policy.js';
import { ApprovalRepository } from './domain/approval.repository.js';
import { APPROVAL_METRICS, ApprovalMetrics } from './infrastructure/approval.metrics.js';
import { ApprovalSchema } from './infrastructure/approval.row.js';
import { loadApprovalPolicy } from './infrastructure/load-approval-policy.js';
import { SqlApprovalQueries } from './infrastructure/sql-approval.queries.js';
import { SqlApprovalRepository } from './infrastructure/sql-approval.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([ApprovalSchema]), AgentsModule, SessionsModule],
  controllers: [ApprovalsController],
  providers: [
    ApprovalMetrics,
    ...APPROVAL_METRICS,
    { provide: ApprovalQueries, useClass: SqlApprovalQueries },
    {
      provide: ApprovalPolicy,
      inject: [Config, AgentRegistry, ToolCatalog],
      useFactory: (config: Config, agents: AgentRegistry, catalog: ToolCatalog) =>
        loadApprovalPolicy(config.approvalPolicyFile, agents, catalog),
    },
  ],
  exports: [ApprovalQueries, ApprovalPolicy],
})
export class ApprovalsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(ApprovalRepository, (context) => new SqlApprovalRepository(context));
  }
}
