import { describe, expect, it } from 'vitest';
import { Message, newMessage } from '../../conversations/index.js';
import { assemblePrompt } from './assemble-prompt.js';

const OPENING = { system: 'You are a test.' };

let position = 0;
const message = (role: Message['role'], content: string, more: Partial<Message> = {}): Message => ({
  ...newMessage({ id: `m${position}`, sessionId: 's', role, content, createdAt: new Date(0), ...more }),
  position: ++position,
  tokens: null,
});
const call = (callId: string, args: Message['toolCalls'][number]['arguments'] = { path: 'a' }) => ({
  callId,
  toolName: 'read_file',
  arguments: args,
});

const GO_ON = { role: 'user', content: '(Go on.)' };

describe('the prompt', () => {
  it('begins with the prompt of the agent, and leaves out messages for people only', () => {
    expect(assemblePrompt(OPENING, [message('system', 'debug takes over'), message('user', 'hi')])).toEqual([
      { role: 'system', content: 'You are a test.' },
      { role: 'user', content: 'hi' },
    ]);
  });

  it('puts each answer behind its call, in the order of the calls', () => {
    const prompt = assemblePrompt(OPENING, [
      message('user', 'go'),
      message('assistant', '', { toolCalls: [call('a'), call('b')] }),
      message('tool', 'B', { callId: 'b' }),
      message('tool', 'A', { callId: 'a' }),
      message('assistant', 'done'),
    ]);
    expect(prompt.slice(3)).toEqual([
      { role: 'tool', callId: 'a', content: 'A' },
      { role: 'tool', callId: 'b', content: 'B' },
      { role: 'assistant', content: 'done', reasoning: null, toolCalls: [] },
      GO_ON,
    ]);
  });

  it('drops answers whose call is outside of the window, and answers calls that were left without an answer', () => {
    const prompt = assemblePrompt(OPENING, [
      message('tool', 'of an earlier call', { callId: 'gone' }),
      message('assistant', '', { toolCalls: [call('open')] }),
      message('user', 'and now?'),
    ]);
    expect(prompt.slice(1)).toEqual([
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', callId: 'open', content: 'Error: this call was not carried out' },
      expect.objectContaining({ role: 'assistant' }),
      { role: 'user', content: 'and now?' },
    ]);
  });

  it.each([['{"path": '], [['a.ts']], [7], [null]])(
    'does not repeat arguments that are no object: %j',
    (args) => {
      const [, assistant] = assemblePrompt(OPENING, [
        message('assistant', '', { toolCalls: [call('a', args)] }),
      ]);
      expect(assistant).toMatchObject({ toolCalls: [{ arguments: '{}' }] });
    },
  );

  it.each<[string, Message[]]>([
    ['a message of the user', []],
    ['a call that was not carried out', [message('assistant', '', { toolCalls: [call('x')] })]],
    [
      'an answer of a tool',
      [message('assistant', '', { toolCalls: [call('y')] }), message('tool', 'Y', { callId: 'y' })],
    ],
    ['a message for people only', [message('system', 'debug takes over')]],
  ])('says after %s that no answer was given, before the user goes on', (_what, last) => {
    const unanswered = [message('user', 'one'), ...last];
    const earlier = assemblePrompt(OPENING, unanswered);
    const later = assemblePrompt(OPENING, [
      ...unanswered,
      message('user', 'two'),
      message('assistant', 'Yes'),
    ]);
    expect(later).toEqual([
      ...earlier,
      { role: 'assistant', content: '(This turn ended without an answer.)', toolCalls: [] },
      { role: 'user', content: 'two' },
      { role: 'assistant', content: 'Yes', reasoning: null, toolCalls: [] },
      GO_ON,
    ]);
  });

  it('asks the model to go on after its own words, and repeats that unchanged', () => {
    const cut = [message('user', 'one'), message('assistant', 'I begin')];
    const earlier = assemblePrompt(OPENING, cut);
    expect(earlier.at(-1)).toEqual(GO_ON);
    const later = assemblePrompt(OPENING, [...cut, message('assistant', 'and end'), message('user', 'two')]);
    expect(later.slice(0, earlier.length)).toEqual(earlier);
    expect(later.map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'user', 'assistant', 'user'],
    ]);
  });

  it('says nothing of its own where each message was answered', () => {
    const history = [message('user', 'one'), message('assistant', 'Yes'), message('user', 'two')];
    expect(assemblePrompt(OPENING, history)).toHaveLength(4);
  });

  it('separates the brief of a subtask from a message of the user', () => {
    const roles = assemblePrompt({ ...OPENING, brief: 'The brief' }, [message('user', 'go')]).map(
      ({ role }) => role,
    );
    expect(roles).toEqual(['system', 'user', 'assistant', 'user']);
  });

  const checkpoint = { content: 'The goal is X.' };
  const NOTED = { role: 'assistant', content: 'I have read the notes, and go on from there.', toolCalls: [] };

  it('tells the brief and the checkpoint in one message, which is answered', () => {
    const prompt = assemblePrompt({ ...OPENING, brief: 'The brief', checkpoint }, [message('user', 'go')]);
    expect(prompt).toEqual([
      { role: 'system', content: 'You are a test.' },
      {
        role: 'user',
        content: expect.stringMatching(/^The brief\n\nWhat .*:\n\nThe goal is X\.$/s) as string,
      },
      NOTED,
      { role: 'user', content: 'go' },
    ]);
  });

  it.each<[string, Message[]]>([
    ['nothing', []],
    ['an answer of the agent', [message('assistant', 'I begin')]],
  ])('asks to go on after a checkpoint that is followed by %s', (_, rest) => {
    const prompt = assemblePrompt({ ...OPENING, checkpoint }, rest);
    expect(prompt.slice(2, 4)).toEqual([NOTED, GO_ON]);
  });
});
