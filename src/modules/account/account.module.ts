import { Module } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { VERSION } from '../../shared/infrastructure/version.js';
import { ModelSetup, ModelsModule } from '../models/index.js';
import { MeController } from './api/me.controller.js';
import { Installation } from './application/installation.js';

@Module({
  imports: [ModelsModule],
  controllers: [MeController],
  providers: [
    {
      provide: Installation,
      inject: [Config, ModelSetup],
      useFactory: ({ auth, approvalModes }: Config, { models, offline }: ModelSetup): Installation => ({
        // Clients sign in by a key, whose ever it is.
        mode: auth.mode === 'local_key' ? 'api_key' : auth.mode,
        version: VERSION,
        model: models.default.id,
        offline: offline !== undefined,
        approvalModes,
      }),
    },
  ],
})
export class AccountModule {}
