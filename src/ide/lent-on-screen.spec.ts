import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallApproval, RuntimeEvent, ToolContext } from '#client';
import { LentOnScreen } from './lent-on-screen.ts';
import { Screen } from './screen.ts';

/** A terminal shows “npm test” of it. */
const COMMAND = 'rm -rf src \u001b[2K\rnpm test \u202e';
const SEEN = 'rm -rf src ⟨U+001B⟩[2K⟨U+000D⟩npm test ⟨U+202E⟩';

describe('what is lent at a terminal', () => {
  let printed: string;
  let decided: unknown;
  let lent: LentOnScreen;

  beforeEach(() => {
    [printed, decided] = ['', undefined];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    lent = new LentOnScreen({
      tools: { execute_command: async ({ command }) => `It ran ${command}` },
      human: {
        decideOnCall: async ({ arguments: args }) => {
          decided = args['command'];
          return { decision: 'approve' };
        },
        decideOnPlan: async () => ({ decision: 'approve' }),
      },
      screen: new Screen(),
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const signal = new AbortController().signal;
  const args = { command: COMMAND };
  const tell = (type: string, data: object, words = '') =>
    lent.show({ type, data } as unknown as RuntimeEvent, words);

  it('is asked about and executed as it is, and shows what a terminal would obey or hide', async () => {
    const approval = { subject: `execute_command ${COMMAND}`, reason: 'It runs a command', arguments: args };
    await lent.onApproval(approval as unknown as CallApproval, { signal });
    expect(decided).toBe(COMMAND);
    expect(printed.split(SEEN)).toHaveLength(3);

    const call = { tool_name: 'execute_command', arguments: args };
    const context = { call, signal } as unknown as ToolContext;
    expect(await lent.tools.execute_command!(args as never, context)).toBe(`It ran ${COMMAND}`);
    expect(printed).toContain(`It ran ${SEEN}`);

    tell('message.delta', {}, `I say ${COMMAND}`);
    expect(printed).toContain(`I say ${SEEN}`);
    expect(printed).not.toContain('\u001b[2K');
    expect(printed).not.toMatch(/[\r\u202e]/);
  });

  it('numbers the patterns that may be allowed', async () => {
    const suggestions = [{ path: 'src/**' }, { path: `${COMMAND}*` }];
    const approval = { subject: 'write_file src/a', reason: 'It writes', arguments: {}, suggestions };
    await lent.onApproval(approval as unknown as CallApproval, { signal });
    expect(printed).toContain('1: always allow src/**\n');
    expect(printed).toContain(`2: always allow ${SEEN}*\n`);
  });

  it('shows the list of the agent, with what is done', () => {
    const items = [
      { text: 'Look', status: 'completed' },
      { text: 'Write', status: 'in_progress' },
      { text: 'Test', status: 'pending' },
    ];
    tell('todos.updated', { items });
    expect(printed.split('\n').map((line) => line.trim())).toEqual(['● Look', '◐ Write', '○ Test', '']);
  });
});
