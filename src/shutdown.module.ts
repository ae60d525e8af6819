import { Module } from '@nestjs/common';
import { Shutdown } from './shared/application/shutdown.js';

/**
 * Not global: at shutdown Nest calls the hooks of global modules last, and TypeORM's, which is one, closes the pool.
 * So the stages of Shutdown, which still write, end before that.
 */
@Module({ providers: [Shutdown], exports: [Shutdown] })
export class ShutdownModule {}
