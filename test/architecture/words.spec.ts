import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** In two parts, so that the check does not find them here. */
const WORD = ['no', 'body'].join('');
const PHRASE = ['at one', 'go'].join(' ');

/** Runs the check on a file and answers its exit code and the lines it complains about. */
function check(name: string, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'agent-runtime-words-'));
  const file = join(folder, name);
  try {
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(process.execPath, ['scripts/check-words.ts', file], {
      encoding: 'utf8',
    });
    const hits = stderr.split('\n').filter((line) => line.startsWith(file));
    return { status, lines: hits.map((hit) => Number(hit.slice(file.length + 1).split(':')[0])), stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('The check of words', () => {
  it('passes plain English, and code whatever its names', () => {
    const text = `
      // Only the owner of the lease writes; \`${WORD}\` is an account.
      import { ${WORD} } from '${WORD}';
      const ${WORD}s = { user: '${WORD}' } && \`\${${WORD}} wrote\` && /${WORD} else/;
    `;
    expect(check('plain.ts', text)).toEqual({ status: 0, lines: [], stderr: '' });
  });

  it('finds each comment and text of TypeScript by its line, with the better word', () => {
    const text = [
      `/** ${WORD} reads this. */`,
      `// A line for ${WORD.toUpperCase()}.`,
      `export const one = 'a text for ${WORD}';`,
      `export const two = \`\${one} and ${WORD} else\`;`,
      `/*`,
      ` * Sent at one`,
      ` * go.`,
      ` */`,
      `export class Three {} // ${WORD}`,
      `// ${WORD}`,
    ].join('\n');
    const { status, lines, stderr } = check('planted.ts', text);
    expect(status).toBe(1);
    expect(lines).toEqual([1, 2, 3, 4, 6, 9, 10]);
    expect(stderr).toContain(`“${PHRASE}”, better: together`);
  });

  it('finds the prose of Markdown, not its code', () => {
    const text = [
      `# For ${WORD}`,
      '',
      `The account \`${WORD}\` and`,
      '',
      '```sh',
      `sudo -u ${WORD} ls # ${WORD} else`,
      '```',
      '',
      `${WORD}.`,
    ].join('\n');
    expect(check('planted.md', text)).toMatchObject({ status: 1, lines: [1, 9] });
  });

  it('finds all of any other file', () => {
    expect(check('planted.yml', `# ${WORD}\nsummary: ${WORD} serves\n`).lines).toEqual([1, 2]);
  });
});
