import { fold } from '../../../shared/domain/fold.js';
import { matches } from '../../../shared/domain/wildcards.js';
import { pathFault, plainPath } from '../../../shared/domain/workspace-path.js';

/** Files and folders that make programs run commands, hold secrets, or tell agents what to do; in any folder. */
const NAMES: ReadonlySet<string> = new Set([
  ...['.git', '.hg', '.vscode', '.idea', '.husky', '.github', '.npmrc'],
  // Instructions of agents: those that the client library tells by itself, and those that other agents read, which clients may tell too.
  ...['agents.md', 'agents.override.md', 'agent.md', 'claude.md', 'claude.local.md', 'conventions.md'],
  ...['copilot-instructions.md', 'gemini.md', 'qwen.md', 'warp.md'],
  ...['.agents', '.aider.conf.yml', '.amazonq', '.augment', '.claude', '.clinerules', '.codex', '.continue'],
  ...['.cursor', '.cursorrules', '.gemini', '.goosehints', '.junie', '.kilocode', '.kiro', '.opencode'],
  ...['.roo', '.roorules', '.rules', '.trae', '.windsurf', '.windsurfrules', '.mcp.json'],
]);

const isProtectedName = (name: string): boolean => NAMES.has(name) || name.startsWith('.env');

/**
 * Whether a path is one that a person is asked about each time: only a rule of the file of rules allows it beforehand. Case and normal
 * form do not count, and a path that means another file than it reads is protected, too.
 * @param patterns further ones, as in rules: `*` is any text
 */
export function isProtectedPath(path: string, patterns: readonly string[] = []): boolean {
  if (pathFault(path) !== undefined) return true;
  const folded = fold(plainPath(path));
  return (
    folded.split('/').some(isProtectedName) || patterns.some((pattern) => matches(fold(pattern), folded))
  );
}
