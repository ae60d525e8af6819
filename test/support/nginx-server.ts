import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endServer, isUp } from './child-server.js';
import { PATH } from './debian-programs.js';
import { freePort } from './free-port.js';

/** A request as nginx logs it. */
interface LoggedRequest {
  readonly request_id: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Where it went, in order. */
  readonly api: string;
}

/** A real nginx before two APIs, with the configuration that is deployed; only its addresses are others. */
export class NginxServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param apis their ports */
  static async start(apis: readonly [number, number]): Promise<NginxServer> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-nginx-'));
    await chmod(folder, 0o755); // started by root, its workers run as another user
    const config = join(folder, 'nginx.conf');
    await writeFile(config, await deployedConfig(port, apis));
    // It opens /dev/stdout by name, which for a pipe of Node's is not possible.
    const log = await open(accessLog(folder), 'a');
    const child = spawn('nginx', ['-p', folder, '-c', config], {
      env: { PATH },
      stdio: ['ignore', log.fd, 'pipe'],
    });
    const nginx = new NginxServer(child, folder, port);
    let errors = '';
    child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
    await once(child, 'spawn');
    await log.close();
    if (await isUp(child, port)) return nginx;
    await nginx.stop();
    throw new Error(`nginx has ended: ${errors}`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async requests(): Promise<LoggedRequest[]> {
    const lines = (await readFile(accessLog(this.folder), 'utf8')).trim().split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as LoggedRequest);
  }

  async stop(): Promise<void> {
    await endServer(this.child);
    await rm(this.folder, { recursive: true, force: true });
  }
}

const accessLog = (folder: string) => join(folder, 'access.log');

async function deployedConfig(port: number, apis: readonly [number, number]): Promise<string> {
  let config = await readFile('deploy/nginx/nginx.conf', 'utf8');
  for (const [deployed, ours] of [
    ['listen 8080;', `listen 127.0.0.1:${port};`],
    ['api-1:3000 resolve', `127.0.0.1:${apis[0]}`],
    ['api-2:3000 resolve', `127.0.0.1:${apis[1]}`],
  ] as const) {
    if (config.split(deployed).length !== 2) throw new Error(`not once in nginx.conf: ${deployed}`);
    config = config.replace(deployed, ours);
  }
  return config;
}
