import { z } from 'zod';
import { frameDto } from '../../../shared/api/event.dto.js';
import { EventType } from '../../../shared/domain/domain-event.js';
import { APPROVAL_EVENTS } from '../../approvals/index.js';
import { CONTEXT_EVENTS } from '../../context/index.js';
import { MESSAGE_EVENTS } from '../../conversations/index.js';
import { JOB_EVENTS } from '../../jobs/index.js';
import { PLAN_EVENTS } from '../../plans/index.js';
import { SESSION_EVENTS } from '../../sessions/index.js';
import { SYNOPSIS_EVENTS } from '../../synopses/index.js';
import {
  ModelSwitchedDto,
  RunFinishedDto,
  RunPhaseChangedDto,
  RunResumedDto,
  RunStartedDto,
  RunWaitingDto,
} from './run-events.dto.js';
import { STEER_EVENTS } from './steer-events.dto.js';
import { TOOL_CALL_EVENTS } from './tool-call-events.dto.js';

const StreamResetDto = frameDto(
  'stream.reset',
  'The cursor is ahead of the log: reload the session, then go on from `resume_after`. Not part of the log',
  z.object({ reason: z.string(), resume_after: z.string() }),
  { reason: 'cursor_ahead', resume_after: '7' },
);

/** Every event of a session's stream. */
export const SessionEventDto = z
  .discriminatedUnion('type', [
    RunStartedDto,
    RunPhaseChangedDto,
    ModelSwitchedDto,
    ...MESSAGE_EVENTS,
    ...TOOL_CALL_EVENTS,
    ...STEER_EVENTS,
    ...SESSION_EVENTS,
    ...APPROVAL_EVENTS,
    ...PLAN_EVENTS,
    RunWaitingDto,
    RunResumedDto,
    RunFinishedDto,
    ...JOB_EVENTS,
    ...SYNOPSIS_EVENTS,
    ...CONTEXT_EVENTS,
    StreamResetDto,
  ])
  .meta({
    id: 'SessionEvent',
    description: 'The `data` of a server-sent event; its `id` and `event` repeat id and type',
  });

type ByType = { [Event in z.infer<typeof SessionEventDto> as Event['type']]: Event };

/** An event as clients get it. Does not compile while an event of the catalogue has no schema. */
export type SessionEventDto = ByType[EventType | 'stream.reset'];
