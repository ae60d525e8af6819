import { describe, expect, it } from 'vitest';
import { distributionOf, speedsOf } from '../../bench/distribution.js';
import { ratioOf } from '../../bench/measure.js';
import { inRounds, mediansOf } from '../../bench/sides.js';
import { tableOf } from '../../bench/table.js';

const cellsOf = (line: string) => line.split('|').map((cell) => cell.trim());

describe('a comparison', () => {
  it('lets its sides take turns', async () => {
    const taken: string[] = [];
    const sides = { figure: 'server', before: 'other build', floor: 'floor', proxy: 'proxy' };
    await inRounds(2, sides, (side) => Promise.resolve(taken.push(side)));
    const round = ['proxy', 'floor', 'other build', 'server'];
    expect(taken).toEqual([...round, ...round]);
  });

  it('says which side fails, and in which round', async () => {
    const taken: string[] = [];
    const refuse = (side: string) =>
      taken.push(side) < 4 ? Promise.resolve() : Promise.reject(new Error('503, too busy'));
    const sides = { figure: 'server', before: 'other build', floor: 'floor' };
    await expect(inRounds(3, sides, refuse)).rejects.toThrow('the floor, in round 2: 503, too busy');
  });

  it('tells the median of each quantile, the worst of all rounds, and the median of numbers', () => {
    const rounds = {
      figure: [
        [1, 9],
        [2, 7],
        [3, 8],
      ],
      floor: [
        [4, 4],
        [1, 1],
        [2, 2],
      ],
    };
    const quantiles = mediansOf(rounds, distributionOf);
    expect(quantiles.figure).toEqual({ count: 6, p50: 2, p95: 8, p99: 8, max: 9 });
    expect(mediansOf(rounds, ([first]) => first!)).toEqual({ figure: 2, floor: 2 });
    expect(ratioOf(quantiles.figure, quantiles.floor)).toEqual({ p50: 1, p95: 4 });
  });

  it('takes the slowest for the worst of speeds', () => {
    const figure = [
      [5, 9],
      [4, 8],
      [6, 7],
    ];
    expect(mediansOf({ figure }, speedsOf).figure).toMatchObject({ p50: 8, max: 4 });
  });

  it('has no ratio to nothing', () => {
    expect(ratioOf(1, undefined)).toBeUndefined();
    expect(ratioOf(1, 0)).toBeUndefined();
  });

  it('is shown with the columns that it fills', () => {
    const [figure, floor] = [distributionOf([2, 8]), distributionOf([1, 2])];
    const [head = '', , line = ''] = tableOf([{ what: 'a load', unit: 'ms', figure, floor }]).split('\n');
    expect(cellsOf(head)).toEqual([
      '',
      '',
      'unit',
      'p50',
      'p95',
      'p99',
      'max',
      'floor',
      'ratio to floor',
      '',
    ]);
    expect(cellsOf(line)).toEqual([
      '',
      'a load',
      'ms',
      '2.00',
      '8.00',
      '8.00',
      '8.00',
      '1.00 / 2.00',
      '2.00 / 4.00',
      '',
    ]);
  });
});
