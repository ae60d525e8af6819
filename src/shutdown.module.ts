import { Module } from '@nestjs/common';
import { Shutdown } from './shared/application/shutdown.js';

/**
 * Not global: on the way down Nest calls the hooks of global modules last, and one of them, TypeORM's, closes the pool.
 * So the stages of Shutdown, which still write, have ended before.
 */
@Module({ providers: [Shutdown], exports: [Shutdown] })
export class ShutdownModule {}
