import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Agent, AgentDirectory, AgentsOfRun, ToolName } from '../../agents/index.js';
import { PromptThread } from '../../conversations/index.js';
import { PlanState } from '../../plans/index.js';
import { briefOf } from './brief-subtask.js';

/** Not for subtasks: the plan is approved, so an agent neither hands over nor asks the user. */
const NOT_IN_SUBTASKS: readonly ToolName[] = ['ask_followup_question', 'create_plan', 'switch_agent'];

/** For jobs: in the background there is no IDE to run a tool and no user to ask. */
const IN_BACKGROUND: readonly ToolName[] = ['read_result', 'attempt_completion'];

/** What decides on the turn of a run. */
interface RunInTurn extends AgentsOfRun {
  readonly id: string;
  readonly agent: string;
  readonly jobId: string | null;
}

/** Who is asked next, and in which thread. */
export interface AgentTurn {
  /** With the tools allowed here. */
  readonly agent: Agent;
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
    private readonly patience: DatabasePatience,
  ) {}

  /** @param plan the plan that the run executes, if it does */
  async of(run: RunInTurn, plan: PlanState | undefined, signal: AbortSignal): Promise<AgentTurn> {
    const subtask = plan?.subtasks.find(({ status }) => status === 'running');
    const known = await this.patience.read('read_agent', signal, () => this.agents.ofRun(run, run.agent));
    const agent = restrict(known, (tool) =>
      run.jobId ? IN_BACKGROUND.includes(tool) : !subtask || !NOT_IN_SUBTASKS.includes(tool),
    );
    const subtaskId = subtask?.id ?? null;
    return {
      agent,
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

const restrict = (agent: Agent, mayUse: (tool: ToolName) => boolean): Agent => ({
  ...agent,
  tools: agent.tools.filter(mayUse),
});
