import { describe, expect, it } from 'vitest';
import { isProtectedPath } from './protected-paths.js';

describe('a protected path', () => {
  it.each([
    ...['.git', '.git/config', '.git/hooks/pre-commit', 'sub/.git/config', 'a/b/c/.git', '.hg/hgrc', 'x/.hg'],
    ...['.vscode/tasks.json', 'packages/a/.vscode/settings.json', '.idea/workspace.xml', '.husky/pre-push'],
    ...['.github/workflows/x.yml', '.github', 'sub/.github/CODEOWNERS', '.npmrc', 'packages/a/.npmrc'],
    ...['.env', '.env.local', '.env.production', 'app/.env', '.envrc', '.env/secrets', 'a/.env.d/x'],
    ...[
      'AGENTS.md',
      'sub/AGENTS.md',
      'agents.md',
      'CLAUDE.md',
      'CLAUDE.local.md',
      'docs/claude.MD',
      'GEMINI.md',
    ],
    ...['.cursorrules', '.cursor/rules/a.mdc', '.windsurfrules', '.clinerules/a.md', '.claude/settings.json'],
    ...['.mcp.json', '.github/copilot-instructions.md', 'copilot-instructions.md'],
    ...[
      'AGENT.md',
      'CONVENTIONS.md',
      'web/Conventions.md',
      'QWEN.md',
      'WARP.md',
      '.aider.conf.yml',
      '.rules',
    ],
    ...['.goosehints', '.junie/guidelines.md', '.roo/rules/a.md', '.roorules', '.kilocode/rules/a.md'],
    ...['.kiro/steering/a.md', '.amazonq/rules/a.md', '.augment/rules/a.md', '.trae/rules/a.md'],
    ...['.codex/config.toml', '.opencode/agent/a.md'],
    // The same for a file system that ignores case or normal form.
    ...[
      '.GIT/config',
      '.Git/HEAD',
      '.gIt',
      '.ENV',
      '.Env.Local',
      '.NPMRC',
      '.GitHub/workflows/x.yml',
      '.VSCode/x',
    ],
    ...['.g\u0131t/config', '.v\u017fcode/x', 'Agents.MD', '.Hus\u212ay/x'],
    // The same in another form.
    ...[
      './.git/config',
      './/.git//config',
      '.git/',
      'a\\.git\\config',
      '.\\.env',
      'src/./.env',
      'a/b\\.npmrc',
    ],
    // What does not end as it reads is refused before; it is no way around either.
    ...[
      'a/../.git/config',
      '../.git/config',
      '.git./config',
      '.git /config',
      '.env.',
      '.env ',
      ' .env',
      '.git::$X/a',
    ],
    ...[
      '/etc/passwd',
      '/w/.git/config',
      'C:/w/.env',
      'C:\\w\\.git',
      '~/.npmrc',
      '~',
      'GIT~1/config',
      'ENV~1',
    ],
    ...[
      '.g\u200bit/config',
      '.env\u200d',
      '.git\0',
      '.git\n',
      'x:.git',
      'nul',
      '.\u202egit',
      ''.padEnd(3, '.'),
    ],
  ])('is %j', (path) => {
    expect(isProtectedPath(path)).toBe(true);
  });

  it.each([
    ...[
      'src/a.ts',
      'README.md',
      'git/config',
      'x.git/config',
      '.gitignore',
      '.gitattributes',
      'docs/.github.md',
    ],
    ...[
      'env',
      'src/env.ts',
      'x.env',
      '.npmignore',
      'npmrc',
      'agents/coder.md',
      'AGENTS.md.txt',
      'docs/conventions/naming.md',
      'rules/a.md',
      'MY-AGENTS.md',
    ],
    ...[
      '.',
      'src',
      '.editorconfig',
      '.vscodeignore',
      'e\u0301t\u00e9.md',
      'claude/x.md',
      'link-to-git',
      '.prettierrc',
    ],
  ])('is not %j', (path) => {
    expect(isProtectedPath(path)).toBe(false);
  });

  it.each([
    ['infra/*', 'infra/main.tf', true],
    ['infra/*', 'INFRA/a/b.tf', true],
    ['infra/*', './infra//x', true],
    ['infra/*', 'src/infra/x', false],
    ['*.pem', 'certs/a.PEM', true],
    ['*.pem', 'certs/a.pem.md', false],
    ['caf\u00e9/*', 'cafe\u0301/x', true],
  ])('by the pattern %j: %j, %s', (pattern, path, is) => {
    expect(isProtectedPath(path, [pattern])).toBe(is);
  });
});
