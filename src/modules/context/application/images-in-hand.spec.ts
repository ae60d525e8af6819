import { describe, expect, it } from 'vitest';
import { IMAGES_IN_HAND_LIMIT, ImagesInHand } from './images-in-hand.js';

const FREE = new AbortController().signal;
const HALF = IMAGES_IN_HAND_LIMIT / 2;

describe('images in hand', () => {
  const admitted: string[] = [];
  const begin = () => {
    admitted.length = 0;
    const hand = new ImagesInHand();
    const enter = (name: string, bytes: number, signal = FREE) => {
      const hold = hand.hold();
      const entered = hold.take(bytes, signal).then(() => void admitted.push(name));
      return { hold, entered };
    };
    return { hand, enter };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('are those of the first that come: small ones do not overtake a large one', async () => {
    const { enter } = begin();
    const first = enter('first', HALF);
    const second = enter('second', HALF);
    const large = enter('large', HALF + 1);
    enter('small', 1);
    enter('none', 0);
    await settled();
    expect(admitted).toEqual(['none', 'first', 'second']);
    first.hold.release();
    await settled();
    expect(admitted).toHaveLength(3);
    second.hold.release();
    await large.entered;
    await settled();
    expect(admitted.slice(3)).toEqual(['large', 'small']);
  });

  it('are more than the limit only where one request alone has them', async () => {
    const { enter } = begin();
    const small = enter('small', 1);
    const huge = enter('huge', IMAGES_IN_HAND_LIMIT + 1);
    const next = enter('next', 1);
    await small.entered;
    small.hold.release();
    await huge.entered;
    await settled();
    expect(admitted).toEqual(['small', 'huge']);
    huge.hold.release();
    await next.entered;
  });

  it('are not waited for after the signal, and those behind go on', async () => {
    const { hand, enter } = begin();
    enter('first', HALF);
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const large = enter('large', HALF + 1, controller.signal);
    const small = enter('small', HALF);
    await settled();
    controller.abort(reason);
    await expect(large.entered).rejects.toBe(reason);
    await small.entered;
    large.hold.release(); // has nothing
    await expect(hand.hold().take(1, controller.signal)).rejects.toBe(reason);
    const last = enter('last', 1);
    await settled();
    expect(admitted).toEqual(['first', 'small']);
    small.hold.release();
    small.hold.release(); // the second time, nothing
    await last.entered;
  });

  it('are released before a hold takes others', async () => {
    const { enter } = begin();
    const one = enter('one', HALF);
    const other = enter('other', HALF);
    await settled();
    const more = [one.hold.take(HALF + 1, FREE), other.hold.take(HALF + 1, FREE)];
    await more[0];
    one.hold.release();
    await more[1];
  });
});
