import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../../shared/domain/budget.js';
import { MOST_IMAGE_BYTES, SizedMessage, planCompaction } from './plan-compaction.js';

/** A budget of 10,000: 2,500 for the tail, 6,000 in all. */
const budget = budgetOf({ context: 18_000, input: 10_000, output: null });

let position = 0;
const message = (role: string, tokens: number, more: Partial<SizedMessage> = {}): SizedMessage => ({
  position: ++position,
  role,
  tokens,
  imageBytes: 0,
  calls: [],
  answers: null,
  ...more,
});
const user = (tokens: number) => message('user', tokens);
const says = (tokens: number) => message('assistant', tokens);
const calls = (...ids: string[]) => message('assistant', 100, { calls: ids });
const answer = (id: string, tokens: number) => message('tool', tokens, { answers: id });

const plan = (messages: readonly SizedMessage[], fixedTokens = 1_000) =>
  planCompaction({
    messages,
    newestUser: messages.findLast(({ role }) => role === 'user') ?? null,
    fixedTokens,
    budget,
  });

describe('the cut of a thread', () => {
  it('leaves the newest messages, up to a quarter of the budget', () => {
    const messages = [user(900), says(900), user(900), says(900), user(900)];
    expect(plan(messages)).toEqual({
      upTo: messages[2]!.position,
      tailTokens: 1_800,
      repeatsUser: false,
      maxTokens: 3_200,
    });
  });

  it('never parts a call from its answers', () => {
    const messages = [
      user(10),
      calls('a', 'b'),
      answer('a', 1_500),
      answer('b', 2_000),
      calls('c'),
      answer('c', 300),
    ];
    expect(plan(messages)).toMatchObject({ upTo: messages[3]!.position, tailTokens: 400 });
    expect(plan([answer('gone', 9_000), answer('gone too', 10), says(10)])).toMatchObject({ tailTokens: 10 });
  });

  it('leaves half of the images that a request may carry, or those that the model has not answered yet', () => {
    const shows = (imageBytes: number) => message('user', 10, { imageBytes });
    const half = MOST_IMAGE_BYTES / 2;
    const messages = [shows(half), says(10), shows(1), says(10), shows(half - 1), says(10)];
    expect(plan(messages)).toMatchObject({ upTo: messages[0]!.position, tailTokens: 50 });
    expect(plan([...messages, shows(2)])).toMatchObject({ upTo: messages[4]!.position, tailTokens: 20 });
    expect(plan([...messages, shows(MOST_IMAGE_BYTES)])).toMatchObject({ upTo: messages[5]!.position });
  });

  it('leaves more than a quarter where the model has not answered it yet', () => {
    const messages = [user(10), calls('a'), answer('a', 4_000), calls('b'), answer('b', 3_800)];
    expect(plan(messages)).toMatchObject({
      upTo: messages[2]!.position,
      tailTokens: 3_900,
      maxTokens: 1_090,
    });
    const asked = [user(10), says(5_000), user(4_000)];
    expect(plan(asked)).toMatchObject({ upTo: asked[1]!.position, tailTokens: 4_000, repeatsUser: false });
  });

  it('leaves nothing where even that is too large, and repeats the message of the user', () => {
    const messages = [user(200), calls('a'), answer('a', 5_000)];
    expect(plan(messages)).toEqual({
      upTo: messages[2]!.position,
      tailTokens: 0,
      repeatsUser: true,
      maxTokens: 4_800,
    });
  });

  it('leaves a shorter tail rather than no room for the checkpoint', () => {
    const messages = [user(1_900), says(600), says(600), says(600), says(600)];
    expect(plan(messages)).toMatchObject({ tailTokens: 2_400, repeatsUser: true, maxTokens: 700 });
    expect(plan(messages, 1_400)).toMatchObject({ tailTokens: 1_800, repeatsUser: true, maxTokens: 900 });
  });

  it('is nowhere if the message of the user leaves no room', () => {
    expect(plan([user(5_000), says(3_000)])).toBeUndefined();
    expect(plan([user(9_000)])).toBeUndefined();
    expect(plan([])).toBeUndefined();
  });

  it('limits the checkpoint, however large the model is', () => {
    const large = budgetOf({ context: 1_000_000, input: null, output: null });
    const messages = [user(10), says(300_000), says(100)];
    expect(planCompaction({ messages, newestUser: null, fixedTokens: 0, budget: large })).toMatchObject({
      maxTokens: 8_000,
    });
  });
});
