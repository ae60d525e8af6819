import { describe, expect, it } from 'vitest';
import { InputInvalid } from '../../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { builtInAgents } from '../../../../../test/support/built-in-agents.js';
import { callersOf } from '../../../../../test/support/callers-of.js';
import { DescribeTools, ToolName, ZodToolCatalog } from '../../../agents/index.js';
import { ApprovalPolicy } from '../../../approvals/index.js';
import { ToolSet, builtInToolsOf } from '../../../tools/index.js';
import { JudgeReply, JudgedReply } from './judge-reply.js';

const POLICY = new ApprovalPolicy([
  { tool: 'write_file', when: { path: '*.env' }, action: 'deny', reason: 'secrets stay as they are' },
  { tool: 'list_files', when: { path: '.' }, action: 'deny', reason: 'the list is long' },
  { tool: 'write_file', when: { path: 'tmp/*' }, action: 'allow', reason: 'scratch' },
]);
const AGENTS = await builtInAgents();
const judge = new JudgeReply(AGENTS, POLICY);
const BUILT_IN = new ZodToolCatalog();
const DESCRIBE = new DescribeTools(BUILT_IN, AGENTS);
const CALLERS = callersOf(AGENTS, (agent) => new ToolSet(builtInToolsOf(agent, DESCRIBE, BUILT_IN), null));

interface Given {
  agent?: string;
  content?: string;
  inBackground?: boolean;
  finishReason?: string;
}

/** The verdict on a reply with these calls; arguments other than text are written as JSON. */
const judged = (
  calls: readonly (readonly [name: string, args: object | string])[],
  { agent = 'coder', content = '', inBackground = false, finishReason = 'tool_calls' }: Given = {},
): JudgedReply => {
  const toolCalls = calls.map(([toolName, args], index) => ({
    callId: `call_${index}`,
    toolName,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
  }));
  const answer = {
    content,
    toolCalls,
    finishReason,
    reasoning: null,
    usage: null,
    firstTokenMs: 1,
  };
  return judge.judge(CALLERS.get(agent)!, answer, { inBackground });
};

/** The verdict on the only call of a reply. */
const verdictOn = (name: string, args: object | string, given?: Given) => {
  const reply = judged([[name, args]], given);
  if (reply.kind === 'answer') throw new Error(`taken for an answer: ${reply.content}`);
  return reply.calls[0]!;
};

const nested = (levels: number) => `{"path":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const plan = (...subtasks: object[]) => ({
  title: 'A tool',
  description: 'Small',
  subtasks: subtasks.map((subtask) => ({ title: 'Do it', description: 'Now', ...subtask })),
});

describe('a reply that ends at the output limit', () => {
  const AT_LIMIT = { finishReason: 'length' };
  const CUT = { error: 'This call was cut off at the output limit; write smaller pieces', invalid: false };

  it.each([
    ['in its arguments', 'write_file', '{"path":"a.js","content":"let'],
    ['before a required one', 'write_file', '{"path":"a.js"}'],
    ['before all of them', 'read_file', ''],
    ['in the name', 'read_fi', ''],
    ['in its result', 'attempt_completion', '{"result":"It is'],
  ])('has its last call refused where it is cut %s, and that is no fault of the model', (_, name, args) => {
    expect(verdictOn(name, args, AT_LIMIT)).toMatchObject({ verdict: 'refuse', ...CUT });
  });

  it('has the calls before it judged as always, and itself if it is whole', () => {
    const reply = judged(
      [
        ['write_file', '{"path":'],
        ['read_file', { path: 'a.js' }],
      ],
      AT_LIMIT,
    );
    expect(reply).toMatchObject({
      calls: [{ verdict: 'refuse', invalid: true }, { verdict: 'execute' }],
    });
    const forbidden = verdictOn(
      'write_file',
      { path: 'a.js', content: '' },
      { agent: 'architect', ...AT_LIMIT },
    );
    expect(forbidden).toMatchObject({
      verdict: 'refuse',
      error: expect.stringContaining('may not write') as string,
    });
  });
});

describe('a reply', () => {
  it('without calls is the answer', () => {
    expect(judged([], { content: 'Hello' })).toEqual({ kind: 'answer', content: 'Hello', suggestions: null });
  });

  it.each([
    ['attempt_completion', { result: 'Done.' }, 'Done.', null],
    ['ask_followup_question', { question: 'Which?' }, 'Which?', null],
    ['ask_followup_question', { question: 'Which?', suggestions: ['a', 'b'] }, 'Which?', ['a', 'b']],
  ])(
    'that only calls %s with %j is the answer, after the text of the reply',
    (name, args, said, suggestions) => {
      expect(judged([[name, args]])).toEqual({ kind: 'answer', content: said, suggestions });
      expect(judged([[name, args]], { content: 'So.' })).toEqual({
        ...{ kind: 'answer', content: `So.\n\n${said}`, suggestions },
      });
    },
  );

  it('with several calls is judged call by call', () => {
    const reply = judged(
      [
        ['read_file', { path: 'a.ts' }],
        ['teleport', {}],
        ['write_file', { path: 'a.ts', content: '' }],
      ],
      { content: 'Let me see.' },
    );
    expect(reply).toMatchObject({ kind: 'calls', content: 'Let me see.' });
    const verdicts = reply.kind === 'calls' && reply.calls.map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['execute', 'refuse', 'ask']);
  });

  it.each([
    ['attempt_completion', { result: 'Done.' }, 'coder'],
    ['ask_followup_question', { question: 'Which?' }, 'coder'],
    ['switch_agent', { agent: 'ask', reason: 'x' }, 'coder'],
    ['create_plan', plan({ agent: 'coder' }), 'architect'],
  ])('must not call %s beside others, which are judged as usual', (name, args, agent) => {
    const reply = judged(
      [
        [name, args],
        ['read_file', { path: 'a.ts' }],
      ],
      { agent },
    );
    expect(reply).toMatchObject({
      kind: 'calls',
      calls: [
        {
          verdict: 'refuse',
          toolName: name,
          invalid: true,
          error: expect.stringContaining('only tool call'),
        },
        { verdict: 'execute' },
      ],
    });
  });
});

describe('a call of a tool of the client', () => {
  it.each([
    ['reads', 'read_file', { path: 'a.ts' }, { verdict: 'execute' }],
    ['changes', 'write_file', { path: 'a.ts', content: '' }, { verdict: 'ask', reason: 'It changes a file' }],
    ['is allowed by a rule', 'write_file', { path: 'tmp/a', content: '' }, { verdict: 'execute' }],
    [
      'is forbidden by a rule',
      'write_file',
      { path: 'app/.env', content: '' },
      {
        ...{ verdict: 'refuse', invalid: false, denied: true },
        error: 'This call is forbidden here: secrets stay as they are',
      },
    ],
  ])('that %s: %s %j', (_what, name, args, verdict) => {
    expect(verdictOn(name, args)).toEqual({ toolName: name, arguments: args, written: args, ...verdict });
  });

  it.each([
    ['loses what the tool does not define', { path: 'a.ts', sudo: true }, { path: 'a.ts' }],
    ['is read as meant', { path: 'a.ts', start_line: null, end_line: '7' }, { path: 'a.ts', end_line: 7 }],
  ])('%s, and the model keeps what it wrote', (_what, written, read) => {
    expect(verdictOn('read_file', written)).toMatchObject({ verdict: 'execute', arguments: read, written });
  });

  it.each([
    ['encoded twice', '"{\\"path\\":\\"a.ts\\"}"'],
    ['fenced', '```json\n{"path":"a.ts"}\n```'],
  ])('that was %s is read, and the model reads an object', (_how, args) => {
    const read = { path: 'a.ts' };
    expect(verdictOn('read_file', args)).toMatchObject({
      verdict: 'execute',
      arguments: read,
      written: read,
    });
  });

  it('is decided on as it was read', () => {
    expect(verdictOn('list_files', { path: '' })).toMatchObject({ denied: true, arguments: { path: '.' } });
  });

  it('is made storable', () => {
    expect(verdictOn('search_in_code', '{"query":"a\\u0000b \\ud800"}')).toMatchObject({
      verdict: 'execute',
      arguments: { query: 'a\ufffdb \ufffd' },
      written: { query: 'a\ufffdb \ufffd' },
    });
  });
});

describe('a call is refused as invalid', () => {
  it.each([
    ['for an unknown tool', 'teleport', {}, /no tool teleport; your tools are read_file, /],
    [
      'for arguments that are not JSON',
      'read_file',
      '{"path": ',
      /not valid JSON.*\nArguments of read_file look like {"path":"src/,
    ],
    [
      'for arguments that are missing',
      'read_file',
      '',
      /^path: .*string.*\nArguments of read_file look like {"path":"src/,
    ],
    ['for arguments of a wrong type', 'read_file', { path: 7 }, /^path: .*expected string, received number/],
    [
      'with field, expectation and example',
      'read_file',
      { path: 'a', start_line: 'ten' },
      /^start_line: .*expected number, received string\nArguments of read_file look like {.*"start_line":1/,
    ],
    ['for a path that leads out', 'read_file', { path: '../b' }, /must not contain \.\./],
    ['for a path with NUL, which is not mended', 'read_file', { path: 'a\0b' }, /NUL/],
    ['for every fault by name', 'search_in_code', { query: '', max_results: 0 }, /^query: .+; max_results: /],
    ['for arguments without end', 'read_file', nested(65), /deeper than 64/],
  ])('%s: %s', (_why, name, args, error) => {
    expect(verdictOn(name, args)).toMatchObject({
      ...{ verdict: 'refuse', toolName: name, invalid: true, error: expect.stringMatching(error) },
    });
  });

  it('and kept as far as it can be stored', () => {
    expect(verdictOn(`nul\0${'x'.repeat(200)}`, '{"a\\u0000":1}')).toMatchObject({
      toolName: `nul\ufffd${'x'.repeat(96)}`,
      arguments: { 'a\ufffd': 1 },
    });
    expect(verdictOn('read_file', 'no\0JSON')).toMatchObject({
      arguments: 'no\ufffdJSON',
      written: 'no\ufffdJSON',
    });
    expect(verdictOn('read_file', nested(65)).arguments).toEqual({});
    expect(verdictOn('read_file', nested(64)).arguments).not.toEqual({});
  });
});

describe('a call is refused as forbidden to its agent', () => {
  it.each([
    [
      'ask',
      'write_file',
      { path: 'a.md', content: '' },
      'ask may not use write_file; architect may: hand over',
    ],
    [
      'architect',
      'write_file',
      { path: 'a.ts', content: '' },
      'architect may not write a.ts; coder may: hand',
    ],
    [
      'architect',
      'execute_command',
      { command: 'ls' },
      'architect may not use execute_command; coder may: hand',
    ],
    [
      'universal',
      'switch_agent',
      { agent: 'ask', reason: 'x' },
      'universal may not use switch_agent here; your',
    ],
    [
      'universal',
      'create_plan',
      plan({ agent: 'coder' }),
      'universal may not use create_plan here; your tools',
    ],
  ])('%s calls %s', (agent, name, args, error) => {
    expect(verdictOn(name, args, { agent })).toMatchObject({
      ...{ verdict: 'refuse', toolName: name, invalid: false, error: expect.stringContaining(error) },
    });
  });

  it('also where its arguments are invalid', () => {
    expect(verdictOn('write_file', '{', { agent: 'ask' })).toMatchObject({
      verdict: 'refuse',
      invalid: false,
    });
  });

  it('in the background, where no other agent is named', () => {
    const args = { path: 'a', content: '' };
    expect(verdictOn('write_file', args, { agent: 'ask', inBackground: true })).toEqual({
      ...{ verdict: 'refuse', toolName: 'write_file', arguments: args, written: args },
      ...{ error: 'write_file is not available in background', invalid: false },
    });
  });
});

describe('a hand-over', () => {
  it('goes to another agent of conversations', () => {
    expect(verdictOn('switch_agent', { agent: 'debug', reason: 'It fails' })).toMatchObject({
      ...{ verdict: 'switch_agent', agent: 'debug', reason: 'It fails' },
    });
  });

  it.each(['coder', 'stranger', 'synopsis_manager'])('does not go from the coder to %s', (agent) => {
    expect(verdictOn('switch_agent', { agent, reason: 'x' })).toMatchObject({
      verdict: 'refuse',
      invalid: true,
      error: expect.stringMatching(new RegExp(`cannot hand over to ${agent}; there are (?!.*coder)`)),
    });
  });
});

describe('a plan', () => {
  const propose = (...subtasks: object[]) =>
    verdictOn('create_plan', plan(...subtasks), { agent: 'architect' });

  it('is proposed as the model wrote it', () => {
    expect(
      propose({ agent: 'coder', estimated_minutes: 5 }, { agent: 'debug', dependencies: [0] }),
    ).toMatchObject({
      verdict: 'propose',
      proposal: {
        title: 'A tool',
        description: 'Small',
        subtasks: [
          { title: 'Do it', description: 'Now', agent: 'coder', estimatedMinutes: 5, dependencies: [] },
          { title: 'Do it', description: 'Now', agent: 'debug', estimatedMinutes: null, dependencies: [0] },
        ],
      },
    });
  });

  it.each([
    ['for an agent that takes no subtasks', [{ agent: 'architect' }], /^subtasks\.0\.agent: must be one of /],
    [
      'that depends on itself',
      [{ agent: 'coder', dependencies: [0] }],
      /^subtasks\.0\.dependencies: .*itself/,
    ],
    ['without subtasks', [], /^subtasks: /],
  ])('is refused %s', (_why, subtasks, error) => {
    expect(propose(...subtasks)).toMatchObject({
      ...{ verdict: 'refuse', invalid: true, error: expect.stringMatching(error) },
    });
  });
});

describe('arguments edited by the user', () => {
  const edited = (agent: string, name: ToolName, args: JsonObject) =>
    judge.checkEdit(CALLERS.get(agent)!, name, args);

  it('are accepted where the agent and the rules allow them', () => {
    const args = { path: 'b.ts', content: 'x' };
    expect(edited('coder', 'write_file', args)).toEqual(args);
  });

  it('are read like those of a model', () => {
    const args = { command: 'ls', cwd: '', timeout_seconds: '60' };
    expect(edited('coder', 'execute_command', args)).toEqual({ command: 'ls', timeout_seconds: 60 });
  });

  it.each([
    ['invalid', 'coder', { path: 7, content: '' }, 'modified_arguments.path', /string/],
    [
      'forbidden to the agent',
      'architect',
      { path: 'a.ts', content: '' },
      'modified_arguments.path',
      /may not write/,
    ],
    [
      'forbidden by a rule',
      'coder',
      { path: 'x/.env', content: '' },
      'modified_arguments',
      /secrets stay as they are/,
    ],
  ])('are refused: %s', (_what, agent, args, field, message) => {
    const refused = () => edited(agent, 'write_file', args);
    expect(refused).toThrow(InputInvalid);
    expect(refused).toThrow(
      expect.objectContaining({ faults: [{ field, message: expect.stringMatching(message) }] }),
    );
  });
});
