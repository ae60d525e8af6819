import { describe, expect, it } from 'vitest';
import { DomainEvent, EventType } from '../../domain/domain-event.js';
import { activityOf } from './activity-topic.js';

const event = (type: EventType, data: object = {}) =>
  ({ type, sessionId: 's1', runId: null, data }) as DomainEvent;

describe('the activity that an event is', () => {
  it.each<[EventType, string]>([
    ['run.finished', 'run'],
    ['message.created', 'message'],
    ['message.completed', 'message'],
    ['tool_call.requested', 'tool_call'],
    ['approval.requested', 'approval'],
    ['plan.created', 'plan'],
    ['subtask.status_changed', 'plan'],
    ['job.status_changed', 'job'],
    ['synopsis.updated', 'synopsis'],
    ['agent.switched', 'session'],
  ])('%s: %s', (type, kind) => {
    expect(activityOf([event(type)])).toEqual([`s1 ${kind}`]);
  });

  it.each([
    [['title', 'metadata'], 'title'],
    [['metadata'], 'session'],
  ])('a change of %j: %s', (changed, kind) => {
    expect(activityOf([event('session.updated', { changed })])).toEqual([`s1 ${kind}`]);
  });

  it.each<EventType>([
    'message.delta',
    'message.reasoning_delta',
    'message.started',
    'message.discarded',
    'context.compacted',
  ])('none: %s', (type) => {
    expect(activityOf([event(type)])).toEqual([]);
  });
});
