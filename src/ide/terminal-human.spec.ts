import { describe, expect, it } from 'vitest';
import type { CallApproval, Plan } from '#client';
import { TerminalHuman } from './terminal-human.ts';

const IN_RUN = { session_id: 's1', run_id: 'r1', created_at: '2026-11-20T10:15:00.000Z' };
const APPROVAL: CallApproval = {
  ...IN_RUN,
  id: 'a1',
  kind: 'tool_call',
  call_id: 'c1',
  tool_name: 'write_file',
  subject: 'write_file a.txt',
  arguments: { path: 'a.txt', content: 'Hi' },
  reason: 'It changes a file',
  status: 'pending',
  expires_at: '2026-11-21T10:15:00.000Z',
  decision: null,
  decided_by: null,
  decided_at: null,
  feedback: null,
  remember: false,
};
const PLAN: Plan = {
  ...IN_RUN,
  id: 'p1',
  title: 'T',
  description: 'D',
  status: 'review',
  version: 1,
  subtasks: [],
  progress: { done: 0, failed: 0, total: 0 },
  updated_at: IN_RUN.created_at,
};

const OPEN = { signal: new AbortController().signal };

/** A person who types these lines and then nothing more. */
function person(...typed: string[]) {
  const notes: string[] = [];
  const prompt = { ask: () => Promise.resolve(typed.shift()) };
  return { human: new TerminalHuman(prompt, { note: (text) => notes.push(text) }), notes };
}

describe('a person at the terminal', () => {
  it.each([
    [['a'], { decision: 'approve' }],
    [['Approve'], { decision: 'approve' }],
    [['r'], { decision: 'reject' }],
    [['reject too much'], { decision: 'reject', feedback: 'too much' }],
    [['m write a test'], { decision: 'modify', feedback: 'write a test' }],
    [['modify', 'less'], { decision: 'modify', feedback: 'less' }],
  ])('decides on a plan with %j', async (typed, verdict) => {
    expect(await person(...typed).human.decideOnPlan(PLAN, OPEN)).toEqual(verdict);
  });

  it.each([
    [['y'], { decision: 'approve' }],
    [['YES'], { decision: 'approve' }],
    [['always'], { decision: 'approve', remember: true }],
    [['n'], { decision: 'reject' }],
    [['no  not now'], { decision: 'reject', feedback: 'not now' }],
    [['e {"content":"Ho"}'], { decision: 'edit', modified_arguments: { path: 'a.txt', content: 'Ho' } }],
    [
      ['edit', '{"path":"b.txt"}'],
      { decision: 'edit', modified_arguments: { path: 'b.txt', content: 'Hi' } },
    ],
  ])('decides on a tool call with %j', async (typed, verdict) => {
    expect(await person(...typed).human.decideOnCall(APPROVAL, OPEN)).toEqual(verdict);
  });

  it('allows by number what the server suggests, and nothing else', async () => {
    const suggestions = [{ command: 'npm test *' }, { command: 'npm *' }];
    const { human, notes } = person('0', '3', '2');
    expect(await human.decideOnCall({ ...APPROVAL, suggestions }, OPEN)).toEqual({
      decision: 'approve',
      remember_when: { command: 'npm *' },
    });
    expect(notes).toHaveLength(2);
    const without = person('1', 'y');
    expect(await without.human.decideOnCall(APPROVAL, OPEN)).toEqual({ decision: 'approve' });
  });

  it('is asked again after what is no answer', async () => {
    const onPlan = person('', 'yes', 'm', '', 'a');
    expect(await onPlan.human.decideOnPlan(PLAN, OPEN)).toEqual({ decision: 'approve' });
    expect(onPlan.notes).toHaveLength(3);
    const onCall = person('', 'alwaysy', 'e', '[1]', 'e {', 'y');
    expect(await onCall.human.decideOnCall(APPROVAL, OPEN)).toEqual({ decision: 'approve' });
    expect(onCall.notes).toHaveLength(4);
  });

  it('is told why an edit was not taken', async () => {
    const { human, notes } = person('n');
    await human.decideOnCall(APPROVAL, { ...OPEN, refusal: 'path is needed' });
    expect(notes).toEqual(['the server does not take this edit: path is needed']);
  });

  it('who types nothing more ends it', async () => {
    await expect(person('m').human.decideOnPlan(PLAN, OPEN)).rejects.toThrow('The input ended');
    await expect(person('x').human.decideOnCall(APPROVAL, OPEN)).rejects.toThrow('The input ended');
  });
});
