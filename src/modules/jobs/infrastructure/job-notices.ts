import { Injectable } from '@nestjs/common';
import { NoticeHandlers } from '../../../shared/infrastructure/notices/notice-handlers.js';
import { JobSupervisor } from '../application/job-supervisor.js';
import { JobWatch } from '../application/job-watch.js';
import { DUE_NOTICE, JOBS_TOPIC } from './job-topic.js';

/** Handles notices about jobs, of this process and others. */
@Injectable()
export class JobNotices {
  constructor(handlers: NoticeHandlers, supervisor: JobSupervisor, watch: JobWatch) {
    handlers.on(JOBS_TOPIC, (notices) => {
      for (const notice of notices) {
        if (notice === DUE_NOTICE) watch.sweepNow();
        else supervisor.cancel(notice);
      }
    });
  }
}
