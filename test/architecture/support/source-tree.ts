import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const SETTINGS = ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs', '.oxlintrc.json'];

/** Runs a tool of this project in a folder and answers the JSON it prints, whatever it thinks of the code. */
export function runTool(name: string, args: readonly string[], folder = '.'): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [resolve('node_modules/.bin', name), ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  });
  try {
    return JSON.parse(stdout) as unknown;
  } catch (cause) {
    throw new Error(`${name} did not report: ${stdout}${stderr}`, { cause });
  }
}

/** Runs a tool as above over a source tree of these files, under the rules of this project. */
export function runToolOn(
  files: Readonly<Record<string, string>>,
  name: string,
  args: readonly string[],
): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'agent-runtime-tree-'));
  try {
    for (const file of SETTINGS) cpSync(file, join(folder, file));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return runTool(name, args, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
