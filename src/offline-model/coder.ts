import type { FixtureResponse } from '@copilotkit/aimock';
import { changeText } from './editor.js';
import { callTool, finish, sayAndCall } from './reply.js';
import { Turn } from './turn.js';
import { commandOf, howItEnded, reasonOf } from './outcome.js';
import { Wish, checksFor, nameOf, readWish, writeOut } from './wish.js';

/**
 * The coder's next step: list, read, write or edit, run, report. It follows from the calls of this turn. No call is repeated
 * unchanged, so that the turn ends for all answers of the tools.
 */
export function takeCodingStep(turn: Turn): FixtureResponse {
  const wish = readWish(turn.task);
  if (!wish) return askForFile(turn);
  if (wish.replaces && turn.offers('edit_file')) {
    return changeText(turn, wish.path, wish.replaces) ?? verify(turn, wish);
  }
  return look(turn, wish) ?? read(turn, wish) ?? write(turn, wish) ?? verify(turn, wish);
}

function askForFile(turn: Turn): FixtureResponse {
  if (!turn.offers('ask_followup_question')) {
    return finish('I changed nothing: the task names no file that the offline demo model can write.');
  }
  const question =
    'Which file shall I write? The offline demo model can do small ones: py, js, ts, sh, md and txt.';
  const suggestions = ['Create hello.py that prints hello', 'Add a greeting to hello.txt'];
  return { toolCalls: [callTool('ask_followup_question', { question, suggestions })] };
}

function look(turn: Turn, { path }: Wish): FixtureResponse | undefined {
  if (turn.last('list_files')) return undefined;
  return sayAndCall(
    'I will look at what is there first.',
    callTool('list_files', { path: '.', recursive: true }),
    callTool('search_in_code', { query: nameOf(path), max_results: 20 }),
  );
}

function read(turn: Turn, { path, adds }: Wish): FixtureResponse | undefined {
  const listing = turn.last('list_files');
  if (turn.last('read_file') || !listing) return undefined;
  if (listing.failed) {
    if (!adds) return undefined;
    return sayAndCall(
      `There is no listing to be had; I will try ${path} itself.`,
      callTool('read_file', { path }),
    );
  }
  const files: string[] = listing.answer.match(/[\p{L}\w][\p{L}\w./-]*\.\w+/gu) ?? [];
  if (files.includes(path)) {
    return sayAndCall(
      `${path} exists already. I will read it before I touch it.`,
      callTool('read_file', { path }),
    );
  }
  const extension = path.slice(path.lastIndexOf('.'));
  const relative =
    files.find((file) => file.endsWith(extension)) ?? files.find((file) => /readme/i.test(file));
  if (!relative) return undefined;
  return sayAndCall(
    `There is no ${path} yet. ${relative} will show me the style of this workspace.`,
    callTool('read_file', { path: relative }),
  );
}

function write(turn: Turn, wish: Wish): FixtureResponse | undefined {
  const { path } = wish;
  const folder = path.split('/').slice(0, -1).join('/');
  const before = turn.calls('read_file').find((call) => call.arguments['path'] === path && !call.failed);
  const content = writeOut(wish, before?.answer ?? '', turn.firstLine);
  const args = { path, content, ...(folder && { create_dirs: true }) };
  const writes = turn.calls('write_file');
  const last = writes.at(-1);
  if (!last) return sayAndCall(`Now I write ${path}.`, callTool('write_file', args));
  if (!last.failed) return undefined;
  const refused = last.refused || turn.last('create_directory')?.refused;
  const folderMissing = !refused && folder && /ENOENT|no such|not exist|director|folder/i.test(last.answer);
  if (folderMissing && !turn.last('create_directory')) {
    return sayAndCall(
      `That did not work: ${reasonOf(last)}. I will make the folder first.`,
      callTool('create_directory', { path: folder, recursive: true }),
    );
  }
  if (folderMissing && writes.length === 1) {
    return sayAndCall(`Once more: ${path}.`, callTool('write_file', args));
  }
  return finish(`I could not write ${path}: ${reasonOf(last)}. Nothing was changed.`);
}

function verify(turn: Turn, { path, text, uses }: Wish): FixtureResponse {
  const runs = turn.calls('execute_command');
  const last = runs.at(-1);
  const next = turn.offers('execute_command') ? checksFor(path)[runs.length] : undefined;
  if (next && (!last || (last.failed && !last.refused))) {
    const said = last
      ? `That did not run: ${reasonOf(last)}. Another way:`
      : 'I will run it to see that it works.';
    return sayAndCall(said, callTool('execute_command', { command: next, timeout_seconds: 30 }));
  }
  const changed = turn.calls('read_file').some((call) => call.arguments['path'] === path && !call.failed);
  const edited = (turn.last('edit_file') ?? turn.last('write_file'))?.edited ? ', as you edited it,' : '';
  const done = `${changed ? 'Changed' : 'Created'} \`${path}\`${edited}`;
  const guessed =
    text === undefined && !uses ? ' The task did not say what it shall hold, so it holds a greeting.' : '';
  if (!last || last.failed) {
    const why = last ? `: ${reasonOf(last)}` : '';
    return finish(`${done}, but I could not verify it${why}.${guessed}`);
  }
  return finish(`${done} and ran ${commandOf(last)}; ${howItEnded(last)}.${guessed}`);
}
