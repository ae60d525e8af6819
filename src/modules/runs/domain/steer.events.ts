import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { Steer } from './steer.js';

export interface SteerEvents {
  /** It is over with the `message.created` that names it, or with `steer.withdrawn`. */
  'steer.waiting': { steer_id: string; content: string };
  'steer.withdrawn': { steer_id: string };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends SteerEvents {}
}

export const steerWaiting = ({ id, sessionId, runId, content }: Steer): DomainEvent<'steer.waiting'> => ({
  type: 'steer.waiting',
  sessionId,
  runId,
  data: { steer_id: id, content },
});

export const steerWithdrawn = ({
  id,
  sessionId,
  runId,
}: Pick<Steer, 'id' | 'sessionId' | 'runId'>): DomainEvent<'steer.withdrawn'> => ({
  type: 'steer.withdrawn',
  sessionId,
  runId,
  data: { steer_id: id },
});
