import { expect, it } from 'vitest';
import type { Session } from '#client';
import { optionsOf } from './choices.js';

it('offers the ways of approval that the server allows', () => {
  const session: Pick<Session, 'model' | 'reasoning_effort' | 'approval_mode'> = {
    model: null,
    reasoning_effort: null,
    approval_mode: 'ask',
  };
  const offer = { agents: [], models: [], approvalModes: ['read_only', 'ask'] as const };
  const options = optionsOf(offer, session as Session, 'auto').find(({ id }) => id === 'approval_mode');
  expect(options).toMatchObject({
    currentValue: 'ask',
    options: [{ value: 'ask' }, { value: 'read_only' }],
  });
});
