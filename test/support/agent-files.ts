import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with agents, as AGENTS_DIR names it. */
export class AgentFiles {
  readonly path = mkdtempSync(join(tmpdir(), 'agent-runtime-agents-'));

  write(id: string, text: string): this {
    writeFileSync(join(this.path, `${id}.md`), text);
    return this;
  }

  delete(id: string): this {
    rmSync(join(this.path, `${id}.md`));
    return this;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The text of an agent's file. @param fields in YAML */
export const agentText = (prompt: string, ...fields: string[]): string =>
  ['---', 'description: Reviews changes', ...fields, '---', prompt, ''].join('\n');
