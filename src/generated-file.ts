import { readFile, writeFile } from 'node:fs/promises';

/**
 * Writes or checks a committed file that is made from the code.
 *
 * @param command `write`, or `check`: the process exits with 1 if the file differs from the text
 * @param script the npm script that writes it
 */
export async function generatedFile(
  command: string | undefined,
  file: string,
  text: string,
  script: string,
): Promise<void> {
  if (command === 'write') return writeFile(file, text);
  if (command !== 'check') throw new Error(`usage: write | check (${file})`);
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed === text) return;
  console.error(`${file} is outdated: npm run ${script}`);
  process.exitCode = 1;
}
