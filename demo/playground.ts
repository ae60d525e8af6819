import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What lies in the workspace before anything is asked for. */
export const FILES: Readonly<Record<string, string>> = {
  'README.md': '# Playground\n\nSmall scripts, run with `node src/<name>.js`.\n',
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
