import { Injectable } from '@nestjs/common';
import { PostgresListener } from '../../../shared/infrastructure/events/postgres-listener.js';
import { JobSupervisor } from '../application/job-supervisor.js';
import { JobWatch } from '../application/job-watch.js';
import { DUE_NOTICE, JOBS_CHANNEL } from './job-channel.js';

/** Notifications between processes about jobs. */
@Injectable()
export class JobNotices {
  constructor(listener: PostgresListener, supervisor: JobSupervisor, watch: JobWatch) {
    listener.on(JOBS_CHANNEL, (notice) => {
      if (notice === DUE_NOTICE) watch.sweepNow();
      else supervisor.cancel(notice);
    });
  }
}
