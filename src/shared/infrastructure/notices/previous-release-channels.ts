import { Injectable } from '@nestjs/common';
import { InstanceId } from '../../application/instance-id.js';
import { PreviousRelease } from '../events/previous-release.js';
import { Notification, NoticeConnection } from './notice-connection.js';
import { NoticeHandlers } from './notice-handlers.js';
import { Notice, SESSIONS } from './notice.js';
import { Peers } from './peers.js';

const EVENTS_CHANNEL = 'agent_runtime_events';
/** The others have a channel for each topic, and a text as payload. */
const CHANNELS = { runs: 'agent_runtime_runs', jobs: 'agent_runtime_jobs' };

/** A payload must stay below 8000 bytes; a session id takes 37. */
const SESSIONS_PER_PAYLOAD = 200;

/** A notice in the form of the release before. The next release can do without this file. */
export function toPreviousRelease(notice: Notice, from: string): Notification[] {
  const sessions = notice.of(SESSIONS);
  const notifications: Notification[] = [];
  for (let first = 0; first < sessions.length; first += SESSIONS_PER_PAYLOAD) {
    const payload = [from, ...sessions.slice(first, first + SESSIONS_PER_PAYLOAD)].join(' ');
    notifications.push({ channel: EVENTS_CHANNEL, payload });
  }
  for (const [topic, channel] of Object.entries(CHANNELS)) {
    notifications.push(...notice.of(topic).map((payload) => ({ channel, payload })));
  }
  return notifications;
}

/** Hears what processes of the release before tell. */
@Injectable()
export class PreviousReleaseChannels {
  constructor(
    connection: NoticeConnection,
    handlers: NoticeHandlers,
    peers: Peers,
    previous: PreviousRelease,
    instance: InstanceId,
  ) {
    connection.listen(EVENTS_CHANNEL, (payload) => {
      const [from = '', ...sessions] = payload.split(' ');
      // Those of this release speak in both forms.
      if (from === instance.value || peers.has(from)) return;
      previous.seen();
      handlers.deliver(new Notice().add(SESSIONS, sessions), from);
    });
    for (const [topic, channel] of Object.entries(CHANNELS)) {
      connection.listen(channel, (text) => handlers.deliver(new Notice().add(topic, [text])));
    }
  }
}
