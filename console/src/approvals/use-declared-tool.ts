import type { ToolList } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { sessionTools } from '../app/queries.ts';
import { isBuiltIn } from './describe-call.ts';

/** A tool that a client has given to a session. */
export type DeclaredTool = ToolList['tools'][number] & { readonly clientId: string };

/** The declaration of a tool that is not built in; undefined while it is not known, or where it was withdrawn. */
export function useDeclaredTool(sessionId: string, name: string): DeclaredTool | undefined {
  const { data: lists = [] } = useQuery({ ...sessionTools(sessionId), enabled: !isBuiltIn(name) });
  for (const { client_id: clientId, tools } of lists) {
    const tool = tools.find((each) => each.name === name);
    if (tool) return { ...tool, clientId };
  }
  return undefined;
}
