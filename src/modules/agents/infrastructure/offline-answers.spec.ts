import type { ChatCompletionRequest, ChatMessage } from '@copilotkit/aimock';
import { describe, expect, it } from 'vitest';
import { agent as architect } from '../domain/architect.agent.js';
import { agent as ask } from '../domain/ask.agent.js';
import { agent as coder } from '../domain/coder.agent.js';
import { agent as debug } from '../domain/debug.agent.js';
import { agent as universal } from '../domain/universal.agent.js';
import { Agent } from '../domain/agent.js';
import { answerOffline } from './offline-answers.js';

interface Reply {
  content?: string;
  toolCalls?: { name: string; arguments: string }[];
}

const MAX_STEPS = 12;

const request = (agent: Agent, ...messages: ChatMessage[]): ChatCompletionRequest => ({
  model: 'offline',
  messages: [{ role: 'system', content: agent.prompt }, ...messages],
  tools: agent.tools.map((name) => ({ type: 'function', function: { name } })),
});

const user = (content: string): ChatMessage => ({ role: 'user', content });
const reply = (of: ChatCompletionRequest) => answerOffline(of) as Reply;

function classification(task: string) {
  const format = { type: 'json_schema', json_schema: { name: 'task_classification' } };
  const { content } = reply({ model: 'offline', messages: [user(task)], response_format: format });
  return JSON.parse(content ?? '') as {
    is_atomic: boolean;
    agent: string;
    confidence: string;
    reason: string;
  };
}

/** Carries a task through with tools that answer as told; the calls in order, each as `tool {arguments}`. */
function carryOut(agent: Agent, history: ChatMessage[], tools: Record<string, string | string[]>) {
  const messages = [...history];
  const calls: { name: string; args: Record<string, unknown> }[] = [];
  const answers = new Map(Object.entries(tools).map(([name, given]) => [name, [given].flat()]));
  for (let step = 0; step < MAX_STEPS; step++) {
    const { content, toolCalls = [] } = reply(request(agent, ...messages));
    const made = toolCalls.map((call, index) => ({ ...call, id: `call-${step}-${index}` }));
    calls.push(
      ...made.map((call) => ({
        name: call.name,
        args: JSON.parse(call.arguments) as Record<string, unknown>,
      })),
    );
    const last = calls.at(-1);
    if (made.length === 0) return { calls, end: content ?? '' };
    if (last?.name === 'attempt_completion') return { calls, end: String(last.args['result']) };
    if (last?.name === 'ask_followup_question') return { calls, end: String(last.args['question']) };
    messages.push({
      role: 'assistant',
      content: content ?? null,
      tool_calls: made.map(({ id, ...rest }) => ({ id, type: 'function', function: rest })),
    });
    for (const { id, name } of made) {
      const left = answers.get(name) ?? ['ok'];
      messages.push({ role: 'tool', tool_call_id: id, content: left.length > 1 ? left.shift()! : left[0]! });
    }
  }
  throw new Error(`The task did not end within ${MAX_STEPS} replies: ${calls.map((c) => c.name).join(', ')}`);
}

const names = (calls: readonly { name: string }[]) => calls.map((call) => call.name);
const argsOf = (calls: readonly { name: string; args: Record<string, unknown> }[], name: string) =>
  calls.filter((call) => call.name === name).map((call) => call.args);

describe('the classification', () => {
  it.each([
    ['Create hello.py that prints hello', 'code'],
    ['Add error handling to src/main.ts', 'code'],
    ['Создай файл hello.txt с текстом привет', 'code'],
    ['Write a sorting function', 'code'],
    ['Explain what hello.py does', 'explain'],
    ['What is a lease?', 'explain'],
    ['Объясни, как работает создание файла', 'explain'],
    ['Why does the test fail?', 'debug'],
    ['Найди ошибку в hello.py', 'debug'],
    ['Привет!', 'explain'],
    ['latest news', 'explain'],
  ])('takes “%s” for a task of the kind %s', (task, kind) => {
    expect(classification(task)).toMatchObject({ is_atomic: true, agent: kind });
  });

  it.each(['Design a cache for the API', 'Спроектируй сервис очередей'])(
    'takes “%s” for what needs a plan',
    (task) => {
      expect(classification(task)).toMatchObject({ is_atomic: false, agent: 'plan', confidence: 'high' });
    },
  );

  it('looks at the newest task only', () => {
    const format = { type: 'json_schema', json_schema: { name: 'task_classification' } };
    const messages = [user('Create hello.py'), user('What is a lease?')];
    const { content } = reply({ model: 'offline', messages, response_format: format });
    expect(JSON.parse(content!)).toMatchObject({ agent: 'explain' });
  });
});

describe('the coder', () => {
  it('looks, reads, writes, runs and reports', () => {
    const { calls, end } = carryOut(coder, [user('Create hello.py that prints hello, please')], {
      list_files: 'README.md\nother.py',
      read_file: 'print(1)',
      execute_command: '{"exit_code":0,"stdout":"hello\\n","stderr":""}',
    });
    expect(names(calls)).toEqual([
      'list_files',
      'search_in_code',
      'read_file',
      'write_file',
      'execute_command',
      'attempt_completion',
    ]);
    expect(argsOf(calls, 'read_file')).toEqual([{ path: 'other.py' }]);
    expect(argsOf(calls, 'write_file')).toEqual([{ path: 'hello.py', content: 'print("hello")\n' }]);
    expect(argsOf(calls, 'execute_command')).toMatchObject([{ command: 'python3 hello.py' }]);
    expect(end).toBe('Created `hello.py` and ran `python3 hello.py`; it answered “hello”.');
  });

  it('says what it will do before it calls tools, several of them in one reply', () => {
    const { content, toolCalls } = reply(request(coder, user('Create hello.py')));
    expect(content).toBe('I will look at what is there first.');
    expect(toolCalls).toHaveLength(2);
  });

  it.each([
    ['Create src/hello.js that prints "Hello, Ada"', 'src/hello.js', 'console.log("Hello, Ada");\n'],
    ['create hello.ts that prints good morning.', 'hello.ts', 'console.log("good morning");\n'],
    [`write run.sh that says "it's on"`, 'run.sh', `#!/bin/sh\necho 'it'\\''s on'\n`],
    ['Make notes.md saying remember the milk', 'notes.md', '# notes\n\nremember the milk\n'],
    ['Создай hello.txt с текстом «привет, мир»', 'hello.txt', 'привет, мир\n'],
    ["Create `a.txt` with 'two words'", 'a.txt', 'two words\n'],
    ['Create empty.txt', 'empty.txt', 'Hello!\n'],
  ])('writes what “%s” asks for', (task, path, content) => {
    const { calls } = carryOut(coder, [user(task)], { list_files: '' });
    expect(argsOf(calls, 'write_file')).toMatchObject([{ path, content }]);
  });

  it('reads an existing file and keeps what it holds when something is added', () => {
    const { calls, end } = carryOut(coder, [user('Add a greeting to hello.txt')], {
      list_files: '["hello.txt","b.txt"]',
      read_file: 'one',
    });
    expect(argsOf(calls, 'read_file')).toEqual([{ path: 'hello.txt' }]);
    expect(argsOf(calls, 'write_file')).toEqual([{ path: 'hello.txt', content: 'one\nHello!\n' }]);
    expect(end).toContain('Changed `hello.txt`');
  });

  it('begins anew with every task', () => {
    const history: ChatMessage[] = [
      user('Create a.py'),
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'list_files', arguments: '{"path":"."}' } },
        ],
      },
      { role: 'tool', tool_call_id: '1', content: 'README.md' },
      { role: 'assistant', content: 'Done' },
      user('Create b.py'),
    ];
    expect(names(carryOut(coder, history, {}).calls)[0]).toBe('list_files');
  });

  it('makes the folder when it is missing, and writes once more', () => {
    const { calls, end } = carryOut(coder, [user('Create src/a.txt')], {
      list_files: '',
      write_file: ['Error: ENOENT: no such file or directory', 'written'],
    });
    expect(argsOf(calls, 'create_directory')).toEqual([{ path: 'src', recursive: true }]);
    expect(argsOf(calls, 'write_file')).toHaveLength(2);
    expect(end).toContain('Created `src/a.txt`');
  });

  it('ends with the reason when the file cannot be written', () => {
    const { calls, end } = carryOut(coder, [user('Create a.txt')], {
      write_file: 'Error: rejected by the user: not now.',
    });
    expect(argsOf(calls, 'write_file')).toHaveLength(1);
    expect(end).toBe('I could not write a.txt: rejected by the user: not now. Nothing was changed.');
  });

  it('tries another command when the first one does not run, then says that it could not verify', () => {
    const { calls, end } = carryOut(coder, [user('Create a.py that prints hi')], {
      execute_command: '{"exit_code":127,"stdout":"","stderr":"python3: not found"}',
    });
    expect(argsOf(calls, 'execute_command').map((args) => args['command'])).toEqual([
      'python3 a.py',
      'python a.py',
    ]);
    expect(end).toBe('Created `a.py`, but I could not verify it: python3: not found.');
  });

  it('ends also when every tool fails', () => {
    const failing = Object.fromEntries(coder.tools.map((tool) => [tool, 'Error: No such folder']));
    for (const task of ['Create src/a.py', 'Add a line to src/a.py', 'Explain a.py', 'Fix it']) {
      expect(carryOut(coder, [user(task)], failing).end).not.toBe('');
    }
  });

  it('asks which file is meant when none is named', () => {
    expect(carryOut(coder, [user('Write something nice')], {}).end).toContain('Which file');
  });
});

describe('the other agents', () => {
  it('lets the architect design in prose and finish', () => {
    const { content, toolCalls } = reply(request(architect, user('Design a cache')));
    expect(content).toContain('Design a cache');
    expect(names(toolCalls!)).toEqual(['attempt_completion']);
  });

  it.each([ask, debug, universal])('lets $id read a file before it speaks of it', (agent) => {
    const { calls, end } = carryOut(agent, [user('Explain src/hello.py')], {
      read_file: 'import sys\nprint("hi")\n',
    });
    expect(calls).toEqual([{ name: 'read_file', args: { path: 'src/hello.py' } }]);
    expect(end).toContain('import sys');
    expect(end).toContain('2 lines');
  });

  it('says so when the file cannot be read', () => {
    const { end } = carryOut(ask, [user('Explain gone.py')], { read_file: 'Error: No such file' });
    expect(end).toContain('No such file');
  });

  it('hands work over to the coder', () => {
    const { toolCalls } = reply(request(ask, user('Create hello.py')));
    expect(toolCalls).toMatchObject([{ name: 'switch_agent' }]);
  });

  it('explains how it would find a fault when no file is named', () => {
    expect(reply(request(debug, user('It crashes'))).content).toContain('repeatable');
  });

  it('explains what a lease is', () => {
    expect(reply(request(ask, user('Explain what a lease is'))).content).toContain('ends by itself');
  });

  it('says who it is and how a real model is configured', () => {
    const { content } = reply(request(ask, user('Hi')));
    expect(content).toContain('offline demo model');
    expect(content).toContain('OPENAI_API_KEY');
    expect(content).toContain('OPENAI_BASE_URL');
  });
});
