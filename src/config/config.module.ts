import { Global, Module } from '@nestjs/common';
import { Config } from './config.js';
import { readConfig } from './read-config.js';

/** The settings, read once. */
@Global()
@Module({
  providers: [{ provide: Config, useFactory: () => readConfig() }],
  exports: [Config],
})
export class ConfigModule {}
