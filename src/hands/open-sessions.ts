import type { AgentRuntime, Tools } from '#client';
import { tellWorkspace } from '../ide/tell-workspace.ts';
import type { HandsOptions } from './options.ts';
import { MODES } from './policy.ts';

/** The sessions that are named, or a new one. @returns their ids; @throws Problem where there is none of them */
export async function openSessions(
  runtime: AgentRuntime,
  { session: named, workspace, agent, model, policy, json }: HandsOptions,
  tools: Tools,
): Promise<readonly string[]> {
  if (named.length > 0) {
    await Promise.all(named.map((id) => runtime.sessions.get(id)));
    return named;
  }
  const mode = MODES[policy];
  const session = await runtime.sessions.create({
    builtin_tools: Object.keys(tools) as (keyof Tools)[],
    file_hashes: true,
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
    ...(mode !== undefined && { approval_mode: mode }),
  });
  await tellWorkspace(runtime, session.id, { folder: workspace, note: (text) => console.error(text) });
  if (!json) console.log(`session ${session.id}`);
  return [session.id];
}
