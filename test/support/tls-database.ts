import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestDatabase } from './database.js';

const execute = promisify(execFile);

/**
 * TLS on the PostgreSQL of the tests, with a certificate for `localhost` of an authority that only the tests know. It is
 * required for one role; other suites use the same server without TLS.
 */
export class TlsDatabase {
  private constructor(
    readonly database: TestDatabase,
    /** The file of the authority that signed the server's certificate. */
    readonly authority: string,
    /** The file of an authority that did not. */
    readonly stranger: string,
    private readonly role: string,
    private readonly folder: string,
    private readonly hba: { readonly file: string; readonly text: string },
  ) {}

  static async create(): Promise<TlsDatabase> {
    const database = await TestDatabase.create();
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-tls-'));
    await chmod(folder, 0o755);
    const [authority, stranger] = [
      await selfSigned(folder, 'authority'),
      await selfSigned(folder, 'stranger'),
    ];
    const server = await certificate(folder, 'server', [
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-CA', authority, '-CAkey', join(folder, 'authority.key')],
    ]);
    const key = join(folder, 'server.key');
    const [{ data, file }] = (await database.rows<{ data: string; file: string }>(
      `select current_setting('data_directory') as data, current_setting('hba_file') as file`,
    )) as [{ data: string; file: string }];
    const { uid, gid } = await stat(data);
    await chown(key, uid, gid); // PostgreSQL reads it, and no other account may
    const hba = { file, text: await readFile(file, 'utf8') };
    const role = `agent_runtime_tls_${randomUUID().replaceAll('-', '')}`;
    await database.rows(`create role ${role} superuser login password '${role}'`);
    await writeFile(file, `hostnossl all ${role} all reject\n${hba.text}`);
    await database.rows(`alter system set ssl_cert_file = '${server}'`);
    await database.rows(`alter system set ssl_key_file = '${key}'`);
    await database.rows('alter system set ssl = on');
    await database.rows('select pg_reload_conf()');
    return new TlsDatabase(database, authority, stranger, role, folder, hba);
  }

  /** The address for the role, with these parameters. */
  url(parameters: Readonly<Record<string, string>>, host = 'localhost'): string {
    const url = new URL(this.database.url);
    Object.assign(url, { hostname: host, username: this.role, password: this.role });
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  async drop(): Promise<void> {
    await writeFile(this.hba.file, this.hba.text);
    for (const name of ['ssl', 'ssl_cert_file', 'ssl_key_file']) {
      await this.database.rows(`alter system reset ${name}`);
    }
    await this.database.rows('select pg_reload_conf()');
    await this.database.rows(`reassign owned by ${this.role} to current_user`);
    await this.database.rows(`drop role ${this.role}`);
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const selfSigned = (folder: string, name: string) => certificate(folder, name, ['-subj', `/CN=${name}`]);

async function certificate(folder: string, name: string, options: string[]): Promise<string> {
  const file = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  const given = ['-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '2', '-keyout', key, '-out', file];
  await execute('openssl', ['req', ...given, ...options]);
  await chmod(key, 0o600);
  return file;
}
