import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Agent, AgentRegistry, ToolName } from '../../../agents/index.js';
import { ModelMessage } from '../../../models/index.js';
import { ConversationQueries } from '../../../conversations/index.js';
import { PlanState, Subtask } from '../../../plans/index.js';
import { RunState } from '../../domain/run.js';
import { briefOf } from './brief-subtask.js';
import { buildPrompt } from './build-prompt.js';

/** Whoever carries out a subtask neither hands over nor asks back: the plan is agreed on. */
const NOT_IN_SUBTASKS: readonly ToolName[] = ['ask_followup_question', 'create_plan', 'switch_agent'];

/** In the background there is no IDE to run a tool, and nobody to ask. */
const IN_BACKGROUND: readonly ToolName[] = ['attempt_completion'];

/** Who speaks next in a run, knowing what. */
export interface Turn {
  readonly run: RunState;
  /** With the tools it may use here. */
  readonly agent: Agent;
  /** The subtask its words belong to, where it is one's. */
  readonly subtaskId: string | null;
  readonly messages: readonly ModelMessage[];
}

/** Gathers what an agent is told before it speaks: the session, or its subtask and what was said in that. */
@Injectable()
export class PrepareTurn {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly conversations: ConversationQueries,
    private readonly patience: DatabasePatience,
  ) {}

  /** @param plan the one that the run carries out; undefined where it carries out none */
  async prepare(run: RunState, plan: PlanState | undefined, signal: AbortSignal): Promise<Turn> {
    const subtask = plan?.subtasks.find(({ status }) => status === 'running');
    const known = this.agents.get(run.agent);
    const agent = restrict(known, (tool) =>
      run.jobId ? IN_BACKGROUND.includes(tool) : !subtask || !NOT_IN_SUBTASKS.includes(tool),
    );
    const limits = { messages: agent.limits.historyMessages, characters: agent.limits.historyCharacters };
    const history = await this.patience.read('read_history', signal, () =>
      this.conversations.newest(run.sessionId, threadOf(run, subtask), limits),
    );
    const brief = plan && subtask && briefOf(plan, subtask);
    return { run, agent, subtaskId: subtask?.id ?? null, messages: buildPrompt(agent, history, brief) };
  }
}

const restrict = (agent: Agent, mayUse: (tool: ToolName) => boolean): Agent => ({
  ...agent,
  tools: agent.tools.filter(mayUse),
});

function threadOf({ id: runId, jobId }: RunState, subtask: Subtask | undefined) {
  if (jobId) return { jobId, runId };
  return subtask ? { subtaskId: subtask.id } : 'main';
}
