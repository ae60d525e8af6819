import { Injectable } from '@nestjs/common';
import { Agent, AgentRegistry, ModelMessage, ToolName } from '../../agents/index.js';
import { ConversationQueries } from '../../conversations/index.js';
import { PlanState } from '../../plans/index.js';
import { RunState } from '../domain/run.js';
import { briefOf } from './brief-subtask.js';
import { buildPrompt } from './build-prompt.js';
import { RunJournal } from './run-journal.js';

/** Whoever carries out a subtask neither hands over nor asks back: the plan is agreed on. */
const NOT_IN_SUBTASKS: readonly ToolName[] = ['ask_followup_question', 'create_plan', 'switch_agent'];

/** Who speaks next in a run, knowing what. */
export interface Turn {
  readonly run: RunState;
  /** With the tools it may use here. */
  readonly agent: Agent;
  /** The subtask its words belong to; null = the session's main history. */
  readonly subtaskId: string | null;
  readonly messages: readonly ModelMessage[];
}

/** Gathers what an agent is told before it speaks: the session, or its subtask and what was said in that. */
@Injectable()
export class PrepareTurn {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly conversations: ConversationQueries,
    private readonly journal: RunJournal,
  ) {}

  /** @param plan the one that the run carries out; undefined where it carries out none */
  async execute(run: RunState, plan: PlanState | undefined, signal: AbortSignal): Promise<Turn> {
    const subtask = plan?.subtasks.find(({ status }) => status === 'running');
    const known = this.agents.get(run.agent);
    const agent = subtask ? restrict(known) : known;
    const limits = { messages: agent.limits.historyMessages, characters: agent.limits.historyCharacters };
    const subtaskId = subtask?.id ?? null;
    const history = await this.journal.persist('read_history', signal, () =>
      this.conversations.newest(run.sessionId, subtaskId, limits),
    );
    const brief = plan && subtask && briefOf(plan, subtask);
    return { run, agent, subtaskId, messages: buildPrompt(agent, history, brief) };
  }
}

const restrict = (agent: Agent): Agent => ({
  ...agent,
  tools: agent.tools.filter((tool) => !NOT_IN_SUBTASKS.includes(tool)),
});
