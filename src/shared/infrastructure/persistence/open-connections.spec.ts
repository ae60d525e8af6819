import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenConnections } from './open-connections.js';

const HERE = 'db.example:5432/agents';

describe('the open connections of a process', () => {
  let connections: OpenConnections;

  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
    connections = new OpenConnections();
  });
  afterEach(() => vi.useRealTimers());

  const open = (address = HERE) => {
    vi.advanceTimersByTime(1);
    const connection = { address, replace: vi.fn(() => connections.delete(connection)) };
    connections.add(connection);
    vi.advanceTimersByTime(1);
    return connection;
  };

  it('are replaced when their server has become read-only, and only those to its address', () => {
    const [first, second, elsewhere] = [open(), open(), open('other.example:5432/agents')];
    connections.replaceAllTo(HERE);
    expect(first.replace).toHaveBeenCalledOnce();
    expect(second.replace).toHaveBeenCalledOnce();
    expect(elsewhere.replace).not.toHaveBeenCalled();
    connections.replaceAllTo(elsewhere.address);
    expect(elsewhere.replace).toHaveBeenCalledOnce();
  });

  it('are replaced once a second while no other server is there, and those from after the last refusal stay', () => {
    connections.replaceAllTo(HERE);
    const early = open();
    connections.replaceAllTo(HERE);
    const late = open();
    expect(early.replace).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(early.replace).toHaveBeenCalledOnce();
    expect(late.replace).not.toHaveBeenCalled();
  });

  it('are not replaced once they have ended', () => {
    const ended = open();
    connections.delete(ended);
    connections.replaceAllTo(HERE);
    expect(ended.replace).not.toHaveBeenCalled();
  });
});
