import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Authenticator } from '../../shared/application/authenticator.js';
import { Clock } from '../../shared/domain/clock.js';
import { proxyAgent } from '../../shared/infrastructure/proxies.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { ApiKeyQueries } from './application/api-key.queries.js';
import { CreateApiKey } from './application/create-api-key.js';
import { LocalLogins } from './application/local-logins.js';
import { RevokeApiKey } from './application/revoke-api-key.js';
import { ApiKeyRepository } from './domain/api-key.repository.js';
import { ApiKeyAuthenticator } from './infrastructure/api-key-authenticator.js';
import { ApiKeySchema } from './infrastructure/api-key.row.js';
import { JwtAuthenticator } from './infrastructure/jwt-authenticator.js';
import { LocalKeyAuthenticator } from './infrastructure/local-key-authenticator.js';
import { LocalAuthenticator } from './infrastructure/local-authenticator.js';
import { SqlApiKeyQueries } from './infrastructure/sql-api-key.queries.js';
import { SqlApiKeyRepository } from './infrastructure/sql-api-key.repository.js';

/** Authentication. Global, since every route needs to know its user. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeySchema])],
  providers: [
    CreateApiKey,
    LocalLogins,
    RevokeApiKey,
    { provide: ApiKeyQueries, useClass: SqlApiKeyQueries },
    {
      provide: Authenticator,
      inject: [Config, ApiKeyQueries, Clock, LocalLogins],
      useFactory: async (
        config: Config,
        keys: ApiKeyQueries,
        clock: Clock,
        logins: LocalLogins,
      ): Promise<Authenticator> => {
        const { auth } = config;
        if (auth.mode === 'local_key') return LocalKeyAuthenticator.open(config.dataDir, logins);
        if (auth.mode === 'api_key') return new ApiKeyAuthenticator(keys);
        return auth.mode === 'jwt'
          ? new JwtAuthenticator(auth, clock, proxyAgent(config))
          : new LocalAuthenticator();
      },
    },
  ],
  exports: [Authenticator],
})
export class AuthModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(ApiKeyRepository, (context) => new SqlApiKeyRepository(context));
  }
}
