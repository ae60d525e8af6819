import { JobState } from '../../jobs/index.js';
import { SynopsisVersion } from '../domain/synopsis.js';

// The words and limits of synopsis views, for the API's schemas.
export { SYNOPSIS_KINDS } from '../domain/synopsis.js';
export { SYNOPSIS_LIMITS, isWithinLimit } from '../domain/synopsis-content.js';

export const SYNOPSIS_STATUSES = ['none', 'forming', 'ready'] as const;

/** A version without its content. */
export const toVersionSummary = (version: Omit<SynopsisVersion, 'items'>) => ({
  version: version.version,
  kind: version.kind,
  title: version.title,
  covers_up_to: version.coversUpTo,
  covers_up_to_message_id: version.coversUpToMessageId,
  generated_by: version.jobId,
  edited_by: version.author,
  created_at: version.createdAt.toISOString(),
});

export type VersionSummary = ReturnType<typeof toVersionSummary>;

/** A version as clients see it. */
export const toVersionView = (version: SynopsisVersion) => ({
  session_id: version.sessionId,
  ...toVersionSummary(version),
  items: [...version.items],
});

export type VersionView = ReturnType<typeof toVersionView>;

/** All fields are null if there is no version. */
type ShownVersion = { [Key in Exclude<keyof VersionView, 'session_id'>]: VersionView[Key] | null };

const NOTHING: ShownVersion = {
  version: null,
  kind: null,
  title: null,
  covers_up_to: null,
  covers_up_to_message_id: null,
  generated_by: null,
  edited_by: null,
  created_at: null,
  items: null,
};

/** The live version of a session, and the job that makes the next one. */
export function toSynopsisView(
  sessionId: string,
  live: SynopsisVersion | undefined,
  job: JobState | undefined,
) {
  const shown: ShownVersion = live ? toVersionView(live) : NOTHING;
  return {
    session_id: sessionId,
    status: job ? ('forming' as const) : live ? ('ready' as const) : ('none' as const),
    job_id: job?.id ?? null,
    ...shown,
  };
}

export type SynopsisView = ReturnType<typeof toSynopsisView>;
