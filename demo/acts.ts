import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '@agent-runtime/client';
import {
  type Finding,
  lookAtContext,
  lookAtEdits,
  lookAtFiles,
  lookAtInstructions,
  lookAtMessages,
  lookAtPlan,
  lookAtRuns,
  lookAtSynopsis,
} from './findings.ts';
import { Ide, type Parts } from './ide.ts';
import { ScriptedHuman } from './scripted-human.ts';
import { EDIT_TASK, GREETING, PROPOSED, QUESTION, TASK, TYPED, WANTED } from './story.ts';
import { TerminalHuman } from '../src/ide/terminal-human.ts';
import { Terminal } from '../src/ide/terminal.ts';

/** What both ways to play need. */
export interface Stage extends Omit<Parts, 'human'> {
  readonly session: Session;
  readonly workspace: string;
  readonly signal: AbortSignal;
}

/** Plays the story by itself; @returns what came of it */
export async function recite(stage: Stage): Promise<Finding[]> {
  const { runtime, session, screen, workspace, signal } = stage;
  const ide = new Ide(session, {
    ...stage,
    human: new ScriptedHuman({ from: PROPOSED, to: GREETING }, screen, () => typeInto(workspace)),
  });
  screen.user(TASK);
  await ide.ask(TASK);
  screen.note(
    'the context is compacted: from here on the agent is told a checkpoint instead of the messages so far',
  );
  await ide.compact();
  screen.user(QUESTION);
  await ide.ask(QUESTION, { leaveAfter: 150 });
  screen.user(EDIT_TASK);
  await ide.ask(EDIT_TASK);
  screen.note('the synopsis of the session, in the background:');
  await ide.summarise();
  return [
    await lookAtFiles(workspace, signal),
    await lookAtInstructions(workspace),
    await lookAtEdits(runtime, session.id, workspace),
    await lookAtPlan(runtime, session.id),
    await lookAtRuns(runtime, session.id),
    await lookAtContext(runtime, session.id),
    await lookAtSynopsis(runtime, session.id),
    await lookAtMessages(runtime, session.id, ide.witness),
  ];
}

/** What a person does to a file in the editor beside. */
async function typeInto(workspace: string): Promise<void> {
  const file = join(workspace, WANTED[0]);
  await writeFile(file, TYPED + (await readFile(file, 'utf8')));
}

/** Lets a person at the terminal give tasks and decide, until nothing more is wanted; @returns what came of it */
export async function converse(stage: Stage, interrupt: () => void): Promise<Finding[]> {
  const { runtime, session, screen, signal } = stage;
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
  return [await lookAtMessages(runtime, session.id, ide.witness)];
}
