import { describe, expect, it, vi } from 'vitest';
import { ModelError } from '../application/language-model.js';
import { ChatCompletions } from './chat-completions.js';
import { Returned, ReturnedFields } from './returned-fields.js';

const { ways } = new ChatCompletions();

const REFUSED = new ModelError('model.request_refused', 'refused', { isAboutReasoning: true });

/** A request per way; ways with the same text send the same. */
type Bodies = Readonly<Partial<Record<Returned, string>>>;

const BODIES: Bodies = { given: 'given', none: 'none', required: 'given' };

describe('The fields that go back to a model', () => {
  async function ask(fields: ReturnedFields, accepts: string, bodies: Bodies = BODIES, model = 'm') {
    const sent: string[] = [];
    const send = async (body = '') => {
      sent.push(body);
      if (body !== accepts) throw REFUSED;
      return body;
    };
    await fields
      .ask(
        model,
        ways,
        () => {},
        (way) => bodies[way],
        send,
      )
      .catch((error) => expect(error).toBe(REFUSED));
    return sent;
  }

  it.each<[string, Bodies, string, string[]]>([
    ['are those that it gave', BODIES, 'given', ['given']],
    ['are none where it refuses them', BODIES, 'none', ['given', 'none']],
    [
      'are those that it requires, where it gave none',
      { given: 'bare', none: 'bare', required: 'required' },
      'required',
      ['bare', 'required'],
    ],
  ])('%s, which is remembered', async (_what, bodies, accepts, sent) => {
    const fields = new ReturnedFields();
    expect(await ask(fields, accepts, bodies)).toEqual(sent);
    expect(await ask(fields, accepts, bodies)).toEqual([accepts]);
    expect(await ask(fields, 'given', BODIES, 'another')).toEqual(['given']);
  });

  it('are found anew when the model changes its mind', async () => {
    const fields = new ReturnedFields();
    await ask(fields, 'none');
    expect(await ask(fields, 'given')).toEqual(['none', 'given']);
    expect(await ask(fields, 'given')).toEqual(['given']);
  });

  it('are not the reason if no other request is possible, or none is accepted', async () => {
    const fields = new ReturnedFields();
    expect(await ask(fields, '', { given: 'same', none: 'same', required: 'same' })).toEqual(['same']);
    expect(await ask(fields, '')).toEqual(['given', 'none']);
    expect(await ask(fields, 'given')).toEqual(['given']);
  });

  it('are tried in two ways at most', async () => {
    const bodies: Bodies = { given: 'given', none: 'none', required: 'required' };
    expect(await ask(new ReturnedFields(), 'required', bodies)).toEqual(['given', 'none']);
  });

  it('are not those that it requires where it says nothing of reasoning', async () => {
    const error = new ModelError('model.request_refused', 'refused');
    const send = vi.fn(async () => {
      throw error;
    });
    const bodies: Bodies = { given: 'bare', none: 'bare', required: 'required' };
    await expect(
      new ReturnedFields().ask(
        'm',
        ways,
        () => {},
        (way) => bodies[way],
        send,
      ),
    ).rejects.toBe(error);
    expect(send).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['for another reason', new ModelError('model.context_exceeded', 'too long'), false],
    ['after the answer has begun', REFUSED, true],
  ])('are not the reason if the model fails %s', async (_when, error, hasBegun) => {
    let calls = 0;
    const begins = vi.fn();
    const send = async (_body: unknown, nowBegins: () => void) => {
      calls++;
      if (hasBegun) nowBegins();
      throw error;
    };
    await expect(new ReturnedFields().ask('m', ways, begins, (way) => BODIES[way], send)).rejects.toBe(error);
    expect(calls).toBe(1);
    expect(begins).toHaveBeenCalledTimes(hasBegun ? 1 : 0);
  });
});
