import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import {
  AgentDirectory,
  AgentsOfRun,
  type ClientTools,
  EquippedAgent,
  ToolName,
  equip,
} from '../../agents/index.js';
import { PromptThread } from '../../conversations/index.js';
import { PlanState } from '../../plans/index.js';
import { SessionQueries } from '../../sessions/index.js';
import { ToolCatalog, ToolSet, type ToolsOfRun } from '../../tools/index.js';
import { WorkspaceReader, type ToldWorkspace, type WorkspaceOf } from '../../workspaces/index.js';
import { briefOf } from './brief-subtask.js';

/** Not for subtasks: the plan is approved, so an agent neither hands over nor asks the user. */
const NOT_IN_SUBTASKS: readonly ToolName[] = ['ask_followup_question', 'create_plan', 'switch_agent'];

/** For jobs: in the background there is no IDE to run a tool and no user to ask. */
const IN_BACKGROUND: readonly ToolName[] = ['read_result', 'attempt_completion'];

/** What decides on the turn of a run. */
interface RunInTurn extends AgentsOfRun, ToolsOfRun, WorkspaceOf {
  readonly id: string;
  readonly sessionId: string;
  readonly agent: string;
  readonly jobId: string | null;
  /** What the session's client executes, where that was just read. */
  readonly client?: ClientTools;
}

/** Who is asked next, and in which thread. */
export interface AgentTurn {
  /** With the tools allowed here. */
  readonly agent: EquippedAgent;
  /** The same tools, as its model is shown them and as its calls are checked. */
  readonly tools: ToolSet;
  /** Null where no client has said which. */
  readonly workspace: ToldWorkspace | null;
  /** The subtask that its messages belong to; null outside a plan. */
  readonly subtaskId: string | null;
  readonly thread: PromptThread;
  /** What a subtask is about. */
  readonly brief: string | undefined;
}

@Injectable()
export class PrepareTurn {
  constructor(
    private readonly agents: AgentDirectory,
    private readonly sessions: SessionQueries,
    private readonly catalog: ToolCatalog,
    private readonly workspaces: WorkspaceReader,
    private readonly patience: DatabasePatience,
  ) {}

  /** @param plan the plan that the run executes, if it does */
  async of(run: RunInTurn, plan: PlanState | undefined, signal: AbortSignal): Promise<AgentTurn> {
    const subtask = plan?.subtasks.find(({ status }) => status === 'running');
    const [known, client] = await this.patience.read('read_agent', signal, () =>
      Promise.all([this.agents.ofRun(run, run.agent), run.client ?? this.sessions.toolsOf(run.sessionId)]),
    );
    const agent = restrict(equip(known, client), (tool) =>
      run.jobId ? IN_BACKGROUND.includes(tool) : !subtask || !NOT_IN_SUBTASKS.includes(tool),
    );
    const subtaskId = subtask?.id ?? null;
    return {
      agent,
      tools: await this.patience.read('read_tools', signal, () => this.catalog.for(run, agent)),
      workspace: await this.patience.read('read_workspace', signal, () => this.workspaces.read(run)),
      subtaskId,
      thread: threadOf(run, subtaskId),
      brief: plan && subtask && briefOf(plan, subtask),
    };
  }
}

/** @param subtaskId the running subtask of the plan that the run executes */
export function threadOf({ id: runId, jobId }: RunInTurn, subtaskId: string | null): PromptThread {
  if (jobId) return { jobId, runId };
  return subtaskId ? { subtaskId } : 'main';
}

const restrict = (agent: EquippedAgent, mayUse: (tool: ToolName) => boolean): EquippedAgent => ({
  ...agent,
  tools: agent.tools.filter(mayUse),
});
