export { ApiKeyQueries } from './application/api-key.queries.js';
export { CreateApiKey } from './application/create-api-key.js';
export { LocalLogins } from './application/local-logins.js';
export { RevokeApiKey } from './application/revoke-api-key.js';
export { AuthModule } from './auth.module.js';
