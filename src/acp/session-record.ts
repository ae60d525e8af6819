import type { AgentRuntime, CreateSession, Json, Session } from '#client';
import { isDeepStrictEqual } from 'node:util';
import type { Place } from './place.js';

type BuiltinTools = NonNullable<CreateSession['builtin_tools']>;

/** What a bridge keeps with the session, so that any other bridge can go on with it. */
interface BridgeRecord {
  readonly cwd?: string;
  readonly roots?: readonly string[];
  /** The plan for which the user has still to say what to change. */
  readonly changes?: { readonly plan_id: string; readonly version: number };
}

const TOOLS: BuiltinTools = [
  ...(['read_file', 'write_file', 'edit_file', 'list_files', 'glob', 'search_in_code'] as const),
  ...(['create_directory', 'delete_file', 'move_file', 'execute_command'] as const),
];

const recordOf = ({ metadata }: Pick<Session, 'metadata'>): BridgeRecord => {
  const { acp } = metadata;
  return typeof acp === 'object' && acp !== null && !Array.isArray(acp) ? acp : {};
};

export const cwdOf = (session: Session): string | undefined => recordOf(session).cwd;

/** The folders beside it. */
export const rootsOf = (session: Session): readonly string[] => recordOf(session).roots ?? [];

export const changesIn = (session: Session): BridgeRecord['changes'] => recordOf(session).changes;

/** The part of `metadata` that is ours, in the whole of it. */
const metadataWith = (session: Pick<Session, 'metadata'>, change: BridgeRecord): Record<string, Json> => ({
  ...session.metadata,
  acp: JSON.parse(JSON.stringify({ ...recordOf(session), ...change })) as Json,
});

/** Keeps with the session that the next prompt says what to change in a plan; undefined = that it does not. */
export async function markChanges(
  runtime: AgentRuntime,
  sessionId: string,
  changes: BridgeRecord['changes'],
): Promise<void> {
  const session = await runtime.sessions.get(sessionId);
  await runtime.sessions.update(sessionId, { metadata: metadataWith(session, { changes }) });
}

const recordedPlace = ({ cwd, additionalDirectories: roots = [] }: Place) => ({ cwd, roots });

/** What a session is opened with for an editor. */
export const newSession = (place: Place): CreateSession => ({
  builtin_tools: TOOLS,
  file_hashes: true,
  client_claims: 'required',
  metadata: metadataWith({ metadata: {} }, recordedPlace(place)),
});

/** Has a session that another client has opened, or that had other folders, work with this editor. */
export async function adopt(
  runtime: AgentRuntime,
  session: Session,
  place: Place,
  options: { retryFor: number },
): Promise<Session> {
  const recorded = recordedPlace(place);
  const isOurs =
    cwdOf(session) === recorded.cwd &&
    isDeepStrictEqual(rootsOf(session), recorded.roots) &&
    session.client_claims === 'required' &&
    session.file_hashes &&
    TOOLS.every((tool) => session.builtin_tools?.includes(tool));
  if (isOurs) return session;
  const { builtin_tools, file_hashes, client_claims } = newSession(place);
  return runtime.sessions.update(
    session.id,
    {
      metadata: metadataWith(session, recorded),
      // A run keeps what it began with.
      ...(session.active_run === null && {
        builtin_tools: builtin_tools!,
        file_hashes: file_hashes!,
        client_claims: client_claims!,
      }),
    },
    options,
  );
}
