import type { ToolContext } from '#client';
import { readFile, writeFile } from 'node:fs/promises';
import { type CommandResult, runCommand } from './run-command.ts';

/** What the tools work with. Paths are absolute, and have been found to be in the workspace. */
export interface Host {
  /** The bytes as they would be saved; undefined = there is no such file. */
  read(file: string): Promise<Uint8Array | undefined>;
  write(file: string, text: string): Promise<void>;
  /** @param timeoutMs after which the command is killed */
  run(command: string, cwd: string, timeoutMs: number, context: ToolContext): Promise<CommandResult>;
}

/** The disk, and a shell of this process. @param signal ends the commands that are running */
export const localHost = (signal: AbortSignal): Host => ({
  read: (file) => readFile(file).catch(nothingThere),
  write: (file, text) => writeFile(file, text),
  run: (command, cwd, timeoutMs, context) =>
    runCommand(command, cwd, timeoutMs, AbortSignal.any([signal, context.signal])),
});

export const nothingThere = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
};
