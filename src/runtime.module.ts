import { Module } from '@nestjs/common';
import { CoreModule } from './core.module.js';
import { MembershipModule } from './membership.module.js';
import { AccountModule } from './modules/account/index.js';
import { AgentsModule } from './modules/agents/index.js';
import { AuthModule } from './modules/auth/index.js';
import { ApprovalsModule } from './modules/approvals/index.js';
import { BlobsModule } from './modules/blobs/index.js';
import { ContextModule } from './modules/context/index.js';
import { ConversationsModule } from './modules/conversations/index.js';
import { HealthModule } from './modules/health/index.js';
import { JobsModule } from './modules/jobs/index.js';
import { ModelsModule } from './modules/models/index.js';
import { PlansModule } from './modules/plans/index.js';
import { RunsModule } from './modules/runs/index.js';
import { SessionsModule } from './modules/sessions/index.js';
import { SynopsesModule } from './modules/synopses/index.js';
import { WorkspacesModule } from './modules/workspaces/index.js';
import { ApiSharedModule } from './shared/api/api-shared.module.js';

/** All modules, for both kinds of process: one that serves HTTP, and one that only executes jobs. */
@Module({
  imports: [
    CoreModule,
    MembershipModule,
    ApiSharedModule,
    AuthModule,
    AgentsModule,
    ModelsModule,
    AccountModule,
    BlobsModule,
    SessionsModule,
    WorkspacesModule,
    ConversationsModule,
    ApprovalsModule,
    PlansModule,
    JobsModule,
    RunsModule,
    SynopsesModule,
    ContextModule,
    HealthModule,
  ],
})
export class RuntimeModule {}
