import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What the instructions of the workspace want: agents are told it, and it shows in what they write. */
export const FIRST_LINE = '// Part of the playground.';
export const INSTRUCTIONS = 'AGENTS.md';

/** What lies in the workspace before anything is asked for. */
export const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Playground\n\nSmall scripts, run with `node src/<name>.js`.\n',
  [INSTRUCTIONS]: `# Rules of this workspace\n\nBegin each new script with the line \`${FIRST_LINE}\`.\n`,
  'package.json': '{ "name": "playground", "private": true, "type": "module" }\n',
  'src/clock.js': "const now = new Date();\n\nconsole.log('It is', now.toISOString());\n",
};

export async function fill(workspace: string): Promise<void> {
  for (const [path, content] of Object.entries(FILES)) {
    const file = join(workspace, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
