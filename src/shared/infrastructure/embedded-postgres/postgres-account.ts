import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The operating system account that PostgreSQL runs under: it refuses to run as root. */
export interface Account {
  run(file: string, args: string[]): Promise<void>;
  own(path: string): Promise<void>;
}

const ourselves: Account = {
  run: async (file, args) => void (await execute(file, args, { cwd: '/' })),
  own: async () => undefined,
};

/**
 * If started by root, PostgreSQL runs as the owner of its data, or for new data as `postgres`, or else as `nobody`.
 * Where the system permits it, that account may read every folder (CAP_DAC_READ_SEARCH), since a checkout often lies
 * under one that only root may enter; containers often withhold the capability, and macOS does not have it.
 */
export async function accountFor(owner: number | undefined): Promise<Account> {
  if (process.getuid?.() !== 0) return ourselves;
  const name = owner === undefined ? await firstAccount('postgres', 'nobody') : String(owner);
  const [uid, gid] = [await idOf('-u', name), await idOf('-g', name)];
  const own = (path: string) => chown(path, uid, gid);
  const readingAnywhere = [
    ...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
    ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--securebits=+no_setuid_fixup'],
  ];
  if (await succeeds('setpriv', [...readingAnywhere, 'true'])) {
    return {
      run: async (file, args) =>
        void (await execute('setpriv', [...readingAnywhere, file, ...args], { cwd: '/' })),
      own,
    };
  }
  return { run: async (file, args) => void (await execute(file, args, { cwd: '/', uid, gid })), own };
}

async function succeeds(file: string, args: string[]): Promise<boolean> {
  return execute(file, args).then(
    () => true,
    () => false,
  );
}

async function firstAccount(...names: string[]): Promise<string> {
  for (const name of names) {
    if (await succeeds('id', ['-u', name])) return name;
  }
  throw new Error(`PostgreSQL cannot run as root, and none of these accounts exists: ${names.join(', ')}`);
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number> {
  return Number((await execute('id', [flag, name])).stdout);
}
