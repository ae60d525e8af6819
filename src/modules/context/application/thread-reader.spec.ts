import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { ModelCatalog } from '../../models/index.js';
import { undescribedModel } from '../../models/domain/model.js';
import { ThreadRequest, ThreadRows } from './thread-rows.js';
import { ThreadReader } from './thread-reader.js';

const patience = { read: (_what: string, _giveUp: AbortSignal, attempt: () => unknown) => attempt() };
const call = { sessionId: 's', agent: 'coder', model: 'm' };
const MAIN = { thread: 'main', toolsDigest: 'd', workspaceDigest: 'w' } as const;
const asked = { ...call, ...MAIN, most: 2 * 24_768 };
const { signal } = new AbortController();
const rows = (tokens: number) => ({ tokens }) as ThreadRows;

describe('the reader of a thread', () => {
  const within = vi.fn<(request: ThreadRequest) => Promise<ThreadRows>>();
  const later = vi.fn<(request: ThreadRequest) => Promise<ThreadRows>>();
  const tx = { get: () => ({ read: within }) } as unknown as Transaction;
  let reader: ThreadReader;

  beforeEach(() => {
    within.mockReset().mockResolvedValue(rows(1));
    later.mockReset().mockResolvedValue(rows(2));
    reader = new ThreadReader(
      { read: later },
      new ModelCatalog([undescribedModel('p', 'm')], { default: 'm' }),
      patience as unknown as DatabasePatience,
    );
  });

  it('takes what was read with the call that was just opened', async () => {
    reader.readAhead(tx, call, MAIN);
    expect(await reader.first(call, MAIN, signal)).toEqual(rows(1));
    expect(within).toHaveBeenCalledExactlyOnceWith(asked);
    expect(later).not.toHaveBeenCalled();
  });

  it('reads when it is needed for any other call, and after a change', async () => {
    reader.readAhead(tx, call, MAIN);
    expect(await reader.first({ ...call }, MAIN, signal)).toEqual(rows(2));
    expect(await reader.again(call, MAIN, signal)).toEqual(rows(2));
    expect(later).toHaveBeenCalledWith(asked);
  });

  it('leaves a failure of the read to its unit of work', async () => {
    within.mockRejectedValue(new Error('rolled back'));
    reader.readAhead(tx, call, MAIN); // an unhandled rejection fails the test
    await expect(reader.first(call, MAIN, signal)).rejects.toThrow('rolled back');
  });

  it('does not let a model that is gone fail the unit of work', async () => {
    const gone = { ...call, model: 'gone' };
    reader.readAhead(tx, gone, MAIN);
    expect(within).not.toHaveBeenCalled();
    await expect(reader.first(gone, MAIN, signal)).rejects.toThrow('There is no model gone');
  });
});
