import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentRegistry, AgentsModule, BuiltInTools } from '../agents/index.js';
import { SessionsModule } from '../sessions/index.js';
import { ApprovalsController } from './api/approvals.controller.js';
import { PermissionsController } from './api/permissions.controller.js';
import { ApprovalQueries } from './application/approval.queries.js';
import { TakeBackPermissions } from './application/take-back-permissions.js';
import { ApprovalPolicy } from './domain/approval-policy.js';
import { ApprovalRepository } from './domain/approval.repository.js';
import { APPROVAL_METRICS, ApprovalMetrics } from './infrastructure/approval.metrics.js';
import { ApprovalSchema } from './infrastructure/approval.row.js';
import { loadApprovalPolicy } from './infrastructure/load-approval-policy.js';
import { SqlApprovalQueries } from './infrastructure/sql-approval.queries.js';
import { SqlApprovalRepository } from './infrastructure/sql-approval.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([ApprovalSchema]), AgentsModule, SessionsModule],
  controllers: [ApprovalsController, PermissionsController],
  providers: [
    ApprovalMetrics,
    ...APPROVAL_METRICS,
    TakeBackPermissions,
    { provide: ApprovalQueries, useClass: SqlApprovalQueries },
    {
      provide: ApprovalPolicy,
      inject: [Config, AgentRegistry, BuiltInTools],
      useFactory: (config: Config, agents: AgentRegistry, catalog: BuiltInTools) =>
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
