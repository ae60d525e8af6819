import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { changesFile, pathsIn } from '../../../agents/index.js';
import { NewMessage, keyOf, shownFiles } from '../../../conversations/index.js';
import { FileVersionRepository } from '../../domain/file-version.repository.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolErrorCode } from '../../domain/tool-call.states.js';

/** What an answer of the client says of files. */
export interface ToldFile {
  /** As it is after the call; unset = nothing is said of it. */
  readonly file?: { readonly path: string; readonly hash: string } | undefined;
  readonly errorCode?: ToolErrorCode | undefined;
  readonly failed: boolean;
}

/** Keeps calls from changing a file that is no longer as their thread was shown it, in sessions with file hashes. */
@Injectable()
export class GuardFiles {
  /** Gives the calls of a reply the hashes that count for them, for good. Those that change one file follow each other. */
  async guard(tx: Transaction, calls: readonly ToolCall[]): Promise<void> {
    const changing = calls.filter((call) => changesFile(call.snapshot().toolName));
    const [first] = changing;
    if (!first) return;
    const shown = await this.shownIn(tx, first, changing.map(pathOf));
    const newest = new Map<string, string>();
    for (const call of changing) {
      const paths = pathsIn(argumentsOf(call));
      const before = paths.map((path) => newest.get(path)).filter((id) => id !== undefined);
      // Ids of one reply ascend.
      call.guard({ expectedHash: shown.get(pathOf(call)) ?? null, after: before.toSorted().at(-1) ?? null });
      for (const path of paths) newest.set(path, call.id);
    }
  }

  /** Takes the arguments of a user: the hash of another path, where they name one. */
  async edit(tx: Transaction, call: ToolCall, args: JsonObject): Promise<void> {
    const before = pathOf(call);
    call.edit(args);
    const { guard } = call.snapshot();
    const path = pathOf(call);
    if (!guard || path === before) return;
    const shown = await this.shownIn(tx, call, [path]);
    call.guard({ ...guard, expectedHash: shown.get(path) ?? null });
  }

  /** Notes which version of a file the thread is shown by the answer to a call, and that a file is gone. */
  noteAnswer(tx: Transaction, call: ToolCall, { file, errorCode, failed }: ToldFile): void {
    const versions = tx.get(FileVersionRepository);
    const { sessionId, toolName, id: callId } = call.snapshot();
    const thread = threadOf(call);
    const [path, to] = pathsIn(argumentsOf(call));
    const isGone = failed ? errorCode === 'file.not_found' : TAKES_AWAY.includes(toolName);
    if (path !== undefined && isGone) versions.forget(sessionId, thread, path);
    if (!file) return;
    // The model knows the file by the path of its call; a client may find it by another spelling.
    for (const each of new Set([file.path, to ?? path ?? file.path])) {
      versions.put({ sessionId, thread, path: each, hash: file.hash, callId });
    }
  }

  /** Notes which versions of files the main history is shown by a message of the user. */
  noteMessage(tx: Transaction, message: NewMessage): void {
    for (const file of shownFiles(message)) {
      const { sessionId } = message;
      tx.get(FileVersionRepository).put({ sessionId, thread: keyOf('main'), ...file, callId: null });
    }
  }

  private shownIn(
    tx: Transaction,
    call: ToolCall,
    paths: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    return tx.get(FileVersionRepository).newest(call.snapshot().sessionId, threadOf(call), paths);
  }
}

/** Tools after which there is no file at their path. */
const TAKES_AWAY: readonly string[] = ['delete_file', 'move_file'];

/** Of a call that was checked against the schema of its tool. */
const argumentsOf = (call: ToolCall): JsonObject => call.snapshot().arguments as JsonObject;

const pathOf = (call: ToolCall): string => argumentsOf(call)['path'] as string;

/** Calls of clients belong to the main history or to a subtask: jobs have no client. */
const threadOf = (call: ToolCall): string => {
  const { subtaskId } = call.snapshot();
  return keyOf(subtaskId === null ? 'main' : { subtaskId });
};
