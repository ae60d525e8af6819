import { Injectable } from '@nestjs/common';
import { JobQueries, jobTypeOf } from '../../jobs/index.js';
import { SYNOPSIS_AGENT } from './synopsis-job.js';
import { SynopsisView, toSynopsisView } from './synopsis-view.js';
import { SynopsisQueries } from './synopsis.queries.js';

/** Reads the live version of a session and the job that makes the next one. */
@Injectable()
export class ViewSynopsis {
  constructor(
    private readonly jobs: JobQueries,
    private readonly synopses: SynopsisQueries,
  ) {}

  /** Reads the job first: a version is stored before its job ends, so a reader of an ended job also sees its version. */
  async execute(sessionId: string): Promise<SynopsisView> {
    const job = await this.jobs.findActive(sessionId, jobTypeOf(SYNOPSIS_AGENT));
    return toSynopsisView(sessionId, await this.synopses.findLive(sessionId), job);
  }
}
