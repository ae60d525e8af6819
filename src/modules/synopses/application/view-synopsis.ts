import { Injectable } from '@nestjs/common';
import { JobQueries } from '../../jobs/index.js';
import { SYNOPSIS_AGENT } from './synopsis-job.js';
import { SynopsisView, toSynopsisView } from './synopsis-view.js';
import { SynopsisQueries } from './synopsis.queries.js';

/** Shows what a session has. */
@Injectable()
export class ViewSynopsis {
  constructor(
    private readonly jobs: JobQueries,
    private readonly synopses: SynopsisQueries,
  ) {}

  /** The job first: a version is written before its job ends, so whoever sees the end sees the version as well. */
  async execute(sessionId: string): Promise<SynopsisView> {
    const job = await this.jobs.findActive(sessionId, SYNOPSIS_AGENT);
    return toSynopsisView(sessionId, await this.synopses.findLive(sessionId), job);
  }
}
