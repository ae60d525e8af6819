import { useQuery } from '@tanstack/react-query';
import { workspace as workspaceQuery } from '../app/queries.ts';
import { visible } from '../ui/visible.ts';

/** Where the agents of a session work, and which files tell them how. */
export function WorkspaceLines({ sessionId, name }: { sessionId: string; name: string }) {
  const { data: workspace } = useQuery(workspaceQuery(sessionId));
  const branch = workspace?.git?.branch;
  return (
    <>
      <p className="truncate" title={workspace?.roots.map(({ path }) => visible(path)).join('\n')}>
        {visible(name)}
        {branch && <span className="text-faint"> on {visible(branch)}</span>}
      </p>
      <ul className="mt-1 space-y-1">
        {workspace?.instructions.map(({ path }) => (
          <li key={path} className="truncate font-mono text-xs text-soft" title={visible(path)}>
            {visible(path)}
          </li>
        ))}
      </ul>
    </>
  );
}
