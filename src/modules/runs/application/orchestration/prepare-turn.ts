import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Agent, AgentDirectory, ToolName } from '../../../agents/index.js';
import { ModelMessage } from '../../../models/index.js';
import { PlanState } from '../../../plans/index.js';
import { RunState } from '../../domain/run.js';
import { PromptWindow } from '../lifecycle/prompt-window.js';
import { RunAtWork } from '../run.queries.js';
import { briefOf } from './brief-subtask.js';
import { buildPrompt } from './build-prompt.js';

/** Not for subtasks: the plan is approved, so an agent neither hands over nor asks the user. */
const NOT_IN_SUBTASKS: readonly ToolName[] = ['ask_followup_question', 'create_plan', 'switch_agent'];

/** For jobs: in the background there is no IDE to run a tool and no user to ask. */
const IN_BACKGROUND: readonly ToolName[] = ['read_result', 'attempt_completion'];

/** The input of the next model call: the agent and its messages. */
export interface Turn {
  readonly run: RunState;
  /** With the tools allowed here. */
  readonly agent: Agent;
  /** The subtask that its messages belong to; null outside a plan. */
  readonly subtaskId: string | null;
  readonly messages: readonly ModelMessage[];
}

/** Collects the messages for an agent: the history of the session, or the brief and history of its subtask. */
@Injectable()
export class PrepareTurn {
  constructor(
    private readonly agents: AgentDirectory,
    private readonly window: PromptWindow,
    private readonly patience: DatabasePatience,
  ) {}

  /** @param plan the plan that the run executes, if it does */
  async prepare(run: RunAtWork, plan: PlanState | undefined, signal: AbortSignal): Promise<Turn> {
    const subtask = plan?.subtasks.find(({ status }) => status === 'running');
    const known = await this.patience.read('read_agent', signal, () => this.agents.ofRun(run, run.agent));
    const agent = restrict(known, (tool) =>
      run.jobId ? IN_BACKGROUND.includes(tool) : !subtask || !NOT_IN_SUBTASKS.includes(tool),
    );
    const subtaskId = subtask?.id ?? null;
    const history = await this.window.read(run, subtaskId, signal);
    const brief = plan && subtask && briefOf(plan, subtask);
    return { run, agent, subtaskId, messages: buildPrompt(agent, history, brief) };
  }
}

const restrict = (agent: Agent, mayUse: (tool: ToolName) => boolean): Agent => ({
  ...agent,
  tools: agent.tools.filter(mayUse),
});
