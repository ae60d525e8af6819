import { Global, Module } from '@nestjs/common';
import { Membership } from './shared/infrastructure/notices/membership.js';
import { ShutdownModule } from './shutdown.module.js';

/**
 * Processes that serve or work import it; commands do not. Global: Nest starts global modules first, and others take no work
 * before the process is a member.
 */
@Global()
@Module({ imports: [ShutdownModule], providers: [Membership] })
export class MembershipModule {}
