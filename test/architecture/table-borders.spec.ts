import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** SQL that names a table of another module: in which file, which tables, and why their owner is not asked instead. */
const EXCEPTIONS: readonly { file: string; tables: readonly string[]; reason: string }[] = [
  {
    file: 'src/modules/context/infrastructure/sql-thread-notes.ts',
    tables: ['messages'],
    reason:
      'What a thread was told since its checkpoint is found in one statement, and no text of it is sent.',
  },
  {
    file: 'src/modules/context/infrastructure/thread-statements.ts',
    tables: ['llm_calls', 'messages', 'runs'],
    reason:
      'What a model is told, and how large it is by its provider, is read in one statement: the rows belong to one moment.',
  },
  {
    file: 'src/modules/conversations/infrastructure/sql-conversation.queries.ts',
    tables: ['tool_calls'],
    reason: 'The history shows how the call of each answer has ended, which its row alone knows.',
  },
  {
    file: 'src/modules/conversations/infrastructure/sql-message.repository.ts',
    tables: ['sessions'],
    reason:
      'A message takes the next position of its session in the statement that stores it, unless the session is deleted.',
  },
  {
    file: 'src/modules/conversations/infrastructure/sql-message.repository.ts',
    tables: ['session_events'],
    reason: 'A message whose run was interrupted is stored only as events: its start and its deltas.',
  },
  {
    file: 'src/modules/models/infrastructure/sql-usage.queries.ts',
    tables: ['sessions'],
    reason: 'What deleted sessions have used is shown as one sum, without their ids.',
  },
  {
    file: 'src/modules/models/infrastructure/usage-statements.ts',
    tables: ['sessions'],
    reason: 'The row of a call does not name its user, who is that of its session.',
  },
  {
    file: 'src/modules/runs/infrastructure/sql-run.queries.ts',
    tables: ['events'],
    reason: 'A repeated request is answered with the place of the event that the first one led to.',
  },
  {
    file: 'src/modules/runs/infrastructure/sql-run.queries.ts',
    tables: ['llm_calls'],
    reason: 'Each step of the loop reads a run with its open call to the model, in one statement.',
  },
  {
    file: 'src/modules/runs/infrastructure/sql-run.repository.ts',
    tables: ['event_streams'],
    reason: 'The insert of a run reads which event of its session comes before it.',
  },
  {
    file: 'src/modules/runs/infrastructure/waiting.metrics.ts',
    tables: ['approvals', 'jobs'],
    reason: 'One gauge, read by one statement, shows the oldest wait of every kind.',
  },
  {
    file: 'src/modules/sessions/infrastructure/deletion-sweeper.ts',
    tables: ['workspaces', 'blob_uses'],
    reason: 'Deleted sessions are found by what is left of them: all others are many more.',
  },
  {
    file: 'src/modules/sessions/infrastructure/find-sessions.ts',
    tables: ['messages', 'runs'],
    reason:
      'A search looks into titles and messages, and a list of what waits into runs, each in the order of one list.',
  },
  {
    file: 'src/modules/sessions/infrastructure/sql-session.queries.ts',
    tables: ['event_streams', 'runs', 'steers'],
    reason:
      'A session is shown with its active run, what waits for it and its last event as they are at one moment, also in a list.',
  },
  {
    file: 'src/modules/workspaces/infrastructure/sql-workspace.repository.ts',
    tables: ['runs'],
    reason:
      'A workspace that was replaced is deleted in one statement, unless a run goes on that began with it.',
  },
];

const REFERENCE = /\b(?:from|join|update|into|using)\s+(?:only\s+)?([a-z_]+)/gi;

/** The words after which SQL names a table, in the literals of a source text. An interpolation counts as a blank. */
function referencesIn(source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node)) {
      texts.push(
        [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('…'),
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  return texts.flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name]) => name!.toLowerCase()));
}

const read = (path: string) => readFileSync(path, 'utf8');
const ownerOf = (path: string) => /^src\/modules\/([^/]+)\//.exec(path)?.[1] ?? 'shared';

/** Made by migrations, without a row schema: partitioned, unlogged, a view. */
const SHARED_WITHOUT_SCHEMA = ['deltas', 'delta_slots', 'session_events', 'unbroken_streams'];

/** Which module, or shared, has the schema of a table. */
const OWNERS = new Map([
  ...globSync('src/**/*.row.ts').flatMap((path) =>
    [...read(path).matchAll(/\btableName: '([a-z_]+)'/g)].map(
      ([, table]) => [table!, ownerOf(path)] as const,
    ),
  ),
  ...SHARED_WITHOUT_SCHEMA.map((table) => [table, 'shared'] as const),
]);

const foreignTablesIn = (path: string, source: string): string[] => {
  const tables = referencesIn(source).filter(
    (name) => OWNERS.has(name) && OWNERS.get(name) !== ownerOf(path),
  );
  return [...new Set(tables)].map((table) => `${path}: ${table}`);
};

describe('The SQL of a module', () => {
  it('names the tables of its own schemas, apart from the exceptions, which are all in use', () => {
    const files = globSync(['src/modules/*/infrastructure/*.ts', 'src/shared/infrastructure/**/*.ts']);
    const found = files
      .filter((path) => !path.endsWith('.spec.ts'))
      .flatMap((path) => foreignTablesIn(path, read(path)));
    const allowed = EXCEPTIONS.flatMap(({ file, tables }) => tables.map((table) => `${file}: ${table}`));
    expect(OWNERS.size).toBeGreaterThan(15);
    expect(found.toSorted()).toEqual(allowed.toSorted());
  });

  it.each([
    ['a string', `const sql = 'select 1 from sessions';`],
    ['a template', 'const sql = `select 1\n from\n sessions`;'],
    [
      'a template with interpolations',
      'const sql = `select ${columns} from a join sessions s on ${condition}`;',
    ],
    ['a template within a template', 'const sql = `${all} ${some ? `join sessions s on true` : ``}`;'],
    ['a subquery', `const condition = 'exists (select from sessions where id = $1)';`],
    ['an update', `const sql = 'UPDATE sessions SET title = $1';`],
    ['an insert', `const sql = 'insert into sessions (id) values ($1)';`],
    ['a delete', `const sql = 'delete from only sessions';`],
  ])('is found in %s', (_, source) => {
    expect(foreignTablesIn('src/modules/plans/infrastructure/planted.ts', source)).toHaveLength(1);
    expect(foreignTablesIn('src/modules/sessions/infrastructure/own.ts', source)).toEqual([]);
  });

  it('is not found in imports, comments and columns', () => {
    const source = `
      import '../../sessions/index.js';
      // Read from sessions.
      const sql = 'insert into plans (sessions) values ($1)';
    `;
    expect(foreignTablesIn('src/modules/plans/infrastructure/planted.ts', source)).toEqual([]);
  });
});
