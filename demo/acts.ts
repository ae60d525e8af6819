import type { Session } from './api.ts';
import {
  type Finding,
  lookAtContext,
  lookAtFiles,
  lookAtMessages,
  lookAtPlan,
  lookAtRuns,
  lookAtSynopsis,
} from './findings.ts';
import { Ide, type Parts } from './ide.ts';
import { ScriptedHuman } from './scripted-human.ts';
import { GREETING, PROPOSED, QUESTION, TASK } from './story.ts';
import { TerminalHuman } from './terminal-human.ts';
import { Terminal } from './terminal.ts';

/** What both ways to play need. */
export interface Stage extends Omit<Parts, 'human'> {
  readonly session: Session;
  readonly workspace: string;
  readonly signal: AbortSignal;
}

/** Plays the story by itself; @returns what came of it */
export async function recite(stage: Stage): Promise<Finding[]> {
  const { client, session, screen, workspace, signal } = stage;
  const ide = new Ide(session, {
    ...stage,
    human: new ScriptedHuman({ from: PROPOSED, to: GREETING }, screen),
  });
  screen.user(TASK);
  await ide.ask(TASK);
  screen.note(
    'the context is compacted: from here on the agent is told a checkpoint instead of the messages so far',
  );
  await ide.compact();
  screen.user(QUESTION);
  await ide.ask(QUESTION, { leaveAfter: 150 });
  screen.note('the synopsis of the session, in the background:');
  await ide.summarise();
  return [
    await lookAtFiles(workspace, signal),
    await lookAtPlan(client, session.id),
    await lookAtRuns(client, session.id),
    await lookAtContext(client, session.id),
    await lookAtSynopsis(client, session.id),
    await lookAtMessages(client, session.id, ide.transcript),
  ];
}

/** Lets a person at the terminal give tasks and decide, until nothing more is wanted; @returns what came of it */
export async function converse(stage: Stage, interrupt: () => void): Promise<Finding[]> {
  const { client, session, screen, signal } = stage;
  using terminal = new Terminal(screen, signal, interrupt);
  const ide = new Ide(session, { ...stage, human: new TerminalHuman(terminal, screen) });
  screen.note(`your first task; Enter takes this one: ${TASK}`);
  let task = await terminal.ask('>');
  if (task === '') task = TASK;
  while (task && !/^(?:exit|quit)$/i.test(task)) {
    await ide.ask(task);
    screen.note('your next task; Enter ends the demo');
    task = await terminal.ask('>');
  }
  return [await lookAtMessages(client, session.id, ide.transcript)];
}
