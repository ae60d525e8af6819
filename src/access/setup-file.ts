import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readPrivate, writePrivate } from './private-file.js';

/** Settings by name: those of the local server, or AGENT_RUNTIME_URL and AGENT_RUNTIME_TOKEN of another one. */
export type Setup = Readonly<Record<string, string>>;

export const setupFileOf = (folder: string): string => join(folder, 'settings.env');

/** Empty where nothing is set up. @throws NotPrivate */
export async function readSetup(folder: string): Promise<Setup> {
  return parseEnv((await readPrivate(setupFileOf(folder))) ?? '') as Setup;
}

export async function writeSetup(folder: string, setup: Setup): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lines = Object.entries(setup).map(([name, value]) => `${name}=${quoted(value)}\n`);
  await writePrivate(setupFileOf(folder), `# Written by: agent-runtime acp setup\n${lines.join('')}`);
}

/** As `parseEnv` reads it. */
function quoted(value: string): string {
  const quote = ["'", '`'].find((each) => !value.includes(each)) ?? '"';
  return quote + value + quote;
}

/** Whether a value can stand in the file: in quotes, on one line. */
export const isStorable = (value: string): boolean => /^[^'\p{C}]*$/u.test(value);

/** Another one after each change of the file. */
export async function stampOf(folder: string): Promise<string> {
  const found = await stat(setupFileOf(folder)).catch(() => undefined);
  return found ? `${found.ino}-${found.mtimeMs}-${found.size}` : 'none';
}

export const hasModel = (setup: Setup): boolean =>
  ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'MODELS_FILE'].some((name) => setup[name]);
