import { Injectable } from '@nestjs/common';
import { NoticeHandlers } from '../../../shared/infrastructure/notices/notice-handlers.js';
import { JobSupervisor } from '../application/job-supervisor.js';
import { JOBS_TOPIC } from './job-topic.js';

/** Handles notices about jobs, of this process and others. */
@Injectable()
export class JobNotices {
  constructor(handlers: NoticeHandlers, supervisor: JobSupervisor) {
    handlers.on(JOBS_TOPIC, (jobIds) => {
      for (const jobId of jobIds) supervisor.cancel(jobId);
    });
  }
}
