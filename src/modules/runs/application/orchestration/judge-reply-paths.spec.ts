import { describe, expect, it } from 'vitest';
import { InputInvalid } from '../../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { builtInAgents } from '../../../../../test/support/built-in-agents.js';
import { callersOf } from '../../../../../test/support/callers-of.js';
import { DescribeTools, ToolName, ZodToolCatalog } from '../../../agents/index.js';
import { ApprovalPolicy } from '../../../approvals/index.js';
import { ToolSet, builtInToolsOf } from '../../../tools/index.js';
import { JudgeReply } from './judge-reply.js';

const AGENTS = await builtInAgents();
const POLICY = new ApprovalPolicy([
  { tool: '*', when: { path: './.git//*' }, action: 'deny', reason: 'history' },
  { tool: '*', when: { path: 'été/*' }, action: 'deny', reason: 'private' },
  { tool: 'search_in_code', when: { file_pattern: '.env*' }, action: 'deny', reason: 'secrets' },
  { tool: 'write_file', when: { path: 'docs/*' }, action: 'allow', reason: 'drafts' },
  { tool: 'write_file', when: { path: '*.md' }, action: 'allow', reason: 'documents' },
]);
const judge = new JudgeReply(AGENTS, POLICY);
const BUILT_IN = new ZodToolCatalog();
const DESCRIBE = new DescribeTools(BUILT_IN, AGENTS);
const CALLERS = callersOf(AGENTS, (agent) => new ToolSet(builtInToolsOf(agent, DESCRIBE, BUILT_IN), null));

/** The verdict on the one call of a model's reply. */
const verdictOn = (agent: string, toolName: ToolName, args: JsonObject) => {
  const toolCalls = [{ callId: 'call_1', toolName, arguments: JSON.stringify(args) }];
  const answer = {
    content: '',
    toolCalls,
    finishReason: 'tool_calls',
    reasoning: null,
    usage: null,
    firstTokenMs: 1,
  };
  const reply = judge.judge(CALLERS.get(agent)!, answer, { inBackground: false });
  if (reply.kind === 'answer') throw new Error('taken for an answer');
  return reply.calls[0]!;
};
const written = (agent: string, path: string) => verdictOn(agent, 'write_file', { path, content: '' });
const edited = (agent: string, path: string) =>
  judge.checkEdit(CALLERS.get(agent)!, 'write_file', { path, content: '' });

describe('a path that ends other than it reads', () => {
  it.each([
    ...['x.md:evil.ts', 'x.ts:evil.md', 'x.ts::$DATA.md', 'C:x.md', 'docs/x.ts:y.md'],
    ...['x.ts.', 'x.md ', 'docs./x.md', 'docs /x.md', 'x.ts .md ', ' x.md', 'docs/..  /x.md', 'docs/...'],
    ...['NUL.md', 'docs/con.md', 'com1', 'LPT1.txt.md', 'aux .md', 'docs/CON/x.md'],
    ...['~/x.md', '~root/x.md', 'EVIL~1.MD', 'docs/GIT~1/x.md', 'GIT~1'],
    ...[
      'x.ts\0.md',
      'x\u202edm.ts.md',
      'x.ts\u200b.md',
      'x.md\n',
      '.g\u200cit/x.md',
      'x\ud800.md',
      '\ufeffx.md',
    ],
    ...['../x.md', 'docs/../../x.md', 'docs\\..\\..\\x.md', '/x.md', '\\x.md'],
  ])('is refused to agents, before rules that allow, and in edits: %j', (path) => {
    const refusal = { verdict: 'refuse', invalid: true, error: expect.stringMatching(/^path: must /) };
    expect(written('architect', path)).toMatchObject(refusal);
    expect(written('coder', path)).toMatchObject(refusal);
    expect(verdictOn('coder', 'read_file', { path })).toMatchObject(refusal);
    const cwd = { command: 'ls', cwd: path };
    expect(verdictOn('coder', 'execute_command', cwd)).toMatchObject({ verdict: 'refuse', invalid: true });
    expect(() => edited('coder', path)).toThrow(InputInvalid);
    expect(() => edited('coder', path)).toThrow(
      expect.objectContaining({
        faults: [{ field: 'modified_arguments.path', message: expect.stringMatching(/^must /) }],
      }),
    );
  });
});

describe('a path that is accepted', () => {
  it.each([
    ['x.md', 'x.md'],
    ['./docs//x.md', 'docs/x.md'],
    ['docs\\x.md', 'docs/x.md'],
    ['docs/[id] (a)~b.md', 'docs/[id] (a)~b.md'],
    ['docs/./x.md', 'docs/x.md'],
  ])('is judged, requested and edited in its plain form: %s', (path, plain) => {
    const args = { path: plain, content: '' };
    expect(written('architect', path)).toMatchObject({ verdict: 'execute', arguments: args });
    expect(edited('architect', path)).toEqual(args);
  });

  it.each(['x.ts', 'x.md.ts', 'x.md/y', 'x.md~', 'docs', 'docsx/y', 'xdocs/y', 'DOCS/y', 'x.MD'])(
    'goes by its end and its folders: %s is asked',
    (path) => {
      expect(written('coder', path)).toMatchObject({ verdict: 'ask' });
    },
  );

  it.each(['x.ts', 'x.md.ts', 'x.md/y', 'x.md~'])(
    'goes by its end: the architect may not write %s',
    (path) => {
      expect(written('architect', path)).toMatchObject({ verdict: 'refuse', invalid: false });
      expect(() => edited('architect', path)).toThrow(InputInvalid);
    },
  );

  it.each([
    ...['.git/x.md', './.git/x.md', '.git//x.md', '.git\\x.md', '././.git/./x.md'],
    ...['.GIT/x.md', '.Git/x.md', '.gıt/x.md', 'e\u0301te\u0301/x.md', 'ÉTÉ/x.md'],
  ])('does not evade a rule that denies by another spelling: %s', (path) => {
    expect(written('coder', path)).toMatchObject({ verdict: 'refuse', denied: true });
    expect(() => edited('coder', path)).toThrow(InputInvalid);
  });
});

describe('a pattern', () => {
  it.each([
    '{..,x}/*',
    '[.][.]/*',
    '{/etc,x}/*',
    '{x,{y,..}}/*',
    '@(..|x)/*',
    '\\.\\./*',
    '../*',
    'C:*',
    '~/*',
  ])('that can lead out of the workspace is refused: %s', (pattern) => {
    expect(verdictOn('ask', 'list_files', { path: '.', pattern })).toMatchObject({
      ...{ verdict: 'refuse', invalid: true, error: expect.stringMatching(/^pattern: must /) },
    });
    expect(verdictOn('ask', 'search_in_code', { query: 'x', file_pattern: pattern })).toMatchObject({
      ...{ verdict: 'refuse', invalid: true, error: expect.stringMatching(/^file_pattern: must /) },
    });
  });

  it.each(['**/*.{ts,tsx}', 'app/[id]/(group)/*.tsx', '.*', 'src\\*.ts'])(
    'is passed on as it is: %s',
    (pattern) => {
      expect(verdictOn('ask', 'list_files', { path: 'src', pattern })).toMatchObject({
        verdict: 'execute',
        arguments: { path: 'src', pattern },
      });
    },
  );

  it('does not evade a rule that denies by another case', () => {
    expect(verdictOn('ask', 'search_in_code', { query: 'x', file_pattern: '.ENV.*' })).toMatchObject({
      denied: true,
    });
  });
});
