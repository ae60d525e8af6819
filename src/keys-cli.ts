import { INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readCommandLine, refuseCommandLine } from './command-line.js';
import { CoreModule } from './core.module.js';
import { explainFailedStart } from './failed-start.js';
import { ApiKeyQueries, AuthModule, CreateApiKey, RevokeApiKey } from './modules/auth/index.js';
import { DomainError } from './shared/domain/domain-error.js';

const USAGE = `usage: agent-runtime keys create --user USER [--name NAME]   prints a new key, once
       agent-runtime keys list [--user USER]
       agent-runtime keys revoke KEY_ID                     the key is refused from now on`;

/** The keys of AUTH_MODE=api_key, in the database of the settings. */
@Module({ imports: [CoreModule, AuthModule] })
class KeysModule {}

type Command = (app: INestApplicationContext) => Promise<void>;

function commandOf(): Command {
  const { positionals, values } = readCommandLine(
    USAGE,
    { user: { type: 'string' }, name: { type: 'string' } },
    { allowPositionals: true },
  );
  const [verb, id, ...rest] = positionals;
  const { user, name } = values;
  if (verb === 'create' && user !== undefined && id === undefined) {
    return (app) => create(app, user, name ?? '');
  }
  if (verb === 'list' && id === undefined && name === undefined) return (app) => list(app, user);
  if (verb === 'revoke' && id !== undefined && rest.length === 0) return (app) => revoke(app, id);
  return refuseCommandLine(USAGE);
}

async function create(app: INestApplicationContext, userId: string, name: string): Promise<void> {
  const { id, secret } = await app.get(CreateApiKey).execute({ userId, name });
  // Standard output has the key only, for KEY=$(…).
  console.error(`Key ${id} of ${userId}. It is shown only now:`);
  console.log(secret);
}

async function list(app: INestApplicationContext, userId: string | undefined): Promise<void> {
  const keys = await app.get(ApiKeyQueries).list(userId);
  for (const { id, userId: owner, hint, name, createdAt, revokedAt } of keys) {
    const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : 'valid';
    console.log(
      [id, JSON.stringify(owner), `${hint}…`, createdAt.toISOString(), state, JSON.stringify(name)].join(
        '  ',
      ),
    );
  }
  if (keys.length === 0) console.error('There are no keys');
}

async function revoke(app: INestApplicationContext, keyId: string): Promise<void> {
  await app.get(RevokeApiKey).execute(keyId);
  console.error(`Key ${keyId} is revoked`);
}

/** The text for the operator who has typed the command. */
function explain(error: unknown): unknown {
  const reason = explainFailedStart(error);
  return reason instanceof DomainError ? reason.message : reason;
}

async function main(): Promise<void> {
  const command = commandOf();
  const app = await NestFactory.createApplicationContext(KeysModule, { logger: false, abortOnError: false });
  try {
    await command(app);
  } finally {
    await app.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
