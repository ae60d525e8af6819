import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { clip } from '../../../../shared/domain/clip.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { storableText } from '../../../../shared/domain/storable.js';
import { ConversationQueries } from '../../../conversations/index.js';
import { AskBeside, Asker, ModelAnswer, ModelCatalog, ModelMessage } from '../../../models/index.js';
import { SessionNotFound, SessionRepository, titleOf } from '../../../sessions/index.js';
import { RunQueries, TitledSession } from '../run.queries.js';

const PROMPT = `You give conversations of developers a title. Name the subject in at most 60 characters, in the language of the task.
Answer with the title alone, without quotes or a full stop.`;

/** Characters that are shown or taken of the task, the answer and the title. */
const LONGEST = 4_000;
/** Messages among which that of the user is: the system's may stand before it. */
const FIRST_MESSAGES = 20;
/** What models put around a title although they are asked not to. */
const AROUND = /^[\s"'“”«»*#`]+|[\s"'“”«»*#`.]+$/gm;

/** The run has ended: no process holds it. */
const holdNothing = () => Promise.resolve();

/**
 * Improves the title of a session once, after its first answer. If that is lost, with its process or for want of a model, the
 * first line of the first message stays.
 */
@Injectable()
export class TitleSession {
  constructor(
    private readonly runs: RunQueries,
    private readonly conversations: ConversationQueries,
    private readonly beside: AskBeside,
    private readonly models: ModelCatalog,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
  ) {}

  /** Whether the operator has named a model for it. */
  get isWanted(): boolean {
    return this.models.titling !== undefined;
  }

  /**
   * @param runId a run that is completed
   * @throws ModelError, the reason of the signal
   */
  async execute(runId: string, signal: AbortSignal): Promise<void> {
    const { titling } = this.models;
    const session = titling && (await this.runs.firstAnswered(runId));
    if (!session) return;
    const task = await this.taskOf(session.sessionId);
    const { content } = await this.ask(session, runId, titling, task, signal);
    const title = titleOf(storableText(clip(content, LONGEST).replaceAll(AROUND, '')));
    if (title !== undefined) await this.save(session, title);
  }

  private async taskOf(sessionId: string): Promise<string> {
    const [first, last] = await Promise.all([
      this.conversations.list(sessionId, 'main', 'asc', { limit: FIRST_MESSAGES, cursor: undefined }),
      this.conversations.list(sessionId, 'main', 'desc', { limit: 1, cursor: undefined }),
    ]);
    const task = first.data.find(({ role }) => role === 'user')?.content ?? '';
    const answer = last.data[0]?.content ?? '';
    return `The task:\n${clip(task, LONGEST)}\n\nThe answer:\n${clip(answer, LONGEST)}`;
  }

  /** Once: in the ledger beside the calls of the run, and not in the usage of the run or its limit. */
  private ask(
    { sessionId, agent }: TitledSession,
    runId: string,
    model: string,
    task: string,
    signal: AbortSignal,
  ): Promise<ModelAnswer> {
    const messages: ModelMessage[] = [
      { role: 'system', content: PROMPT },
      { role: 'user', content: task },
    ];
    const asker: Asker = { sessionId, owner: { runId }, agent, purpose: 'title', hold: holdNothing, signal };
    return this.beside.answer(asker, { model, messages, tools: [] }, 0);
  }

  private async save({ sessionId, userId }: TitledSession, title: string): Promise<void> {
    try {
      await this.patience.writeOutcome('save_title', async (tx) => {
        const sessions = tx.get(SessionRepository);
        const session = await sessions.get(sessionId, userId);
        if (session.nameByModel(title, this.clock.now())) await sessions.save(session);
      });
    } catch (error) {
      if (!(error instanceof SessionNotFound)) throw error; // else it was deleted meanwhile
    }
  }
}
