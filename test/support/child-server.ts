import { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from './eventually.js';

/** Waits until a server of this machine listens, or has ended. @returns whether it listens */
export async function isUp(child: ChildProcess, port: number): Promise<boolean> {
  await eventually(async () => {
    if (child.exitCode === null) await reach(port);
  });
  return child.exitCode === null;
}

/** Ends a server, unless it has ended. */
export async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function reach(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}
