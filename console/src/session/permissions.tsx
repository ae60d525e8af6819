import type { Permission } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { queryClient, sessionPermissions } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { describeCall } from '../approvals/describe-call.ts';
import { Fault } from '../ui/fault.tsx';
import { CheckIcon, ChevronIcon } from '../ui/icons.tsx';
import { Ago } from '../ui/time.tsx';
import { visible } from '../ui/visible.ts';

interface Props {
  sessionId: string;
  permissions: readonly Permission[];
}

/** What the user has allowed for the rest of a session, each to be taken back. */
export const Permissions = ({ sessionId, permissions }: Props) => (
  <ul className="space-y-2.5">
    {permissions.map((permission) => (
      <Allowed key={permission.id} sessionId={sessionId} permission={permission} />
    ))}
  </ul>
);

/** The same above the composer, where there is no room beside the conversation. */
export function PermissionsBar({ sessionId }: Pick<Props, 'sessionId'>) {
  const permissions = useQuery(sessionPermissions(sessionId)).data ?? [];
  if (permissions.length === 0) return null;
  return (
    <details className="mx-auto mb-2 w-[calc(100%-1.5rem)] max-w-[45rem] shrink-0 rounded-lg border border-line bg-panel xl:hidden">
      <summary className="flex items-center gap-2.5 rounded-lg px-3 py-1.5 text-xs hover:bg-sunken">
        <CheckIcon className="size-4 text-faint" />
        <span className="flex-1 text-soft">Allowed in this session: {permissions.length}</span>
        <ChevronIcon className="size-3.5 text-faint chevron" />
      </summary>
      <div className="max-h-48 overflow-y-auto border-t border-line px-3 py-2.5" tabIndex={0}>
        <Permissions sessionId={sessionId} permissions={permissions} />
      </div>
    </details>
  );
}

function Allowed({ sessionId, permission }: { sessionId: string; permission: Permission }) {
  const takeBack = useMutation({
    mutationFn: () => runtime.permissions.takeBack(sessionId, permission.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionPermissions(sessionId).queryKey }),
  });
  const { verb, object, isPattern, folder } = wordsOf(permission);
  return (
    <li data-permission={permission.id}>
      <p className="max-h-24 overflow-y-auto text-xs wrap-anywhere">
        {verb} {object === '' || isPattern ? 'every ' : ''}
        {object === '' ? 'call' : <code className="font-mono">{object}</code>}
        {folder && (
          <>
            {' '}
            in <code className="font-mono">{folder}</code>
          </>
        )}
      </p>
      <p className="mt-0.5 flex gap-2 text-xs text-faint">
        <Ago at={permission.granted_at} />
        <button
          type="button"
          aria-label={`Take back: ${verb} ${object || 'every call'}`}
          title="The next such call is asked about"
          disabled={takeBack.isPending}
          onClick={() => takeBack.mutate()}
          className="rounded text-soft underline underline-offset-2 hover:text-bad disabled:opacity-50"
        >
          Take back
        </button>
      </p>
      <Fault error={takeBack.error} className="mt-1 text-xs" />
    </li>
  );
}

/** `object` is empty where every call of the tool is allowed. */
function wordsOf({ tool_name: name, arguments: approved, remember_when: when }: Permission) {
  const { command, cwd, path, to } = approved;
  const pattern = when?.command ?? when?.path;
  const texts = (command === undefined ? [path, to] : [command]).filter((text) => typeof text === 'string');
  return {
    verb: describeCall(name, approved).verb,
    object: visible(pattern ?? texts.join(' → ')),
    isPattern: pattern !== undefined,
    folder: typeof cwd === 'string' && cwd !== '.' ? visible(cwd) : '',
  };
}
