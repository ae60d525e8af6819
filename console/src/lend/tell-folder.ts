import {
  type Instruction,
  Problem,
  type WorkspaceFiles,
  describeWorkspace,
  instructionsIn,
} from '@agent-runtime/client';
import { wordsOf } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import type { LentFolder } from './folder.ts';

/** By this the page knows a workspace that it has told itself. */
const IDE = 'agent-runtime console';

/** Tells a session the folder that it was lent, with the instructions in it. */
export class FolderTelling {
  readonly #sessionId: string;
  readonly #folder: LentFolder;
  readonly #name: string;
  /** The instructions that were told last. */
  #told: string | undefined;
  #notes: readonly string[] = [];
  #telling: Promise<readonly string[]> = Promise.resolve([]);

  constructor(sessionId: string, folder: LentFolder, name: string) {
    this.#sessionId = sessionId;
    this.#folder = folder;
    this.#name = name;
  }

  /**
   * Tells it where it has changed, once at a time. What another client has told of its workspace stays.
   * @returns what agents are not told, and why
   */
  tell(): Promise<readonly string[]> {
    return (this.#telling = this.#telling.then(() => this.#tell()));
  }

  async #tell(): Promise<readonly string[]> {
    const notes: string[] = [];
    try {
      if (await this.#hasOther()) return [];
      const instructions = await instructionsIn(this.#files, (note) => notes.push(`${note}.`));
      const state = JSON.stringify(instructions.map(({ path, hash }) => [path, hash]));
      if (state === this.#told) return this.#notes;
      await this.#put(instructions, notes);
      this.#told = state;
    } catch (error) {
      notes.push(`Agents are not told of the folder: ${reasonOf(error)}`);
    }
    return (this.#notes = notes);
  }

  get #files(): WorkspaceFiles {
    return {
      list: (path) => this.#folder.entries(path),
      read: async (path, most) => {
        const file = await this.#folder.file(path);
        return file && new Uint8Array(await file.slice(0, most).arrayBuffer());
      },
    };
  }

  async #hasOther(): Promise<boolean> {
    const { workspace } = await runtime.sessions.get(this.#sessionId);
    return workspace !== null && (await runtime.sessions.workspace(this.#sessionId)).ide !== IDE;
  }

  /** Instructions that are too large leave the folder to be told without them. */
  async #put(instructions: readonly Instruction[], notes: string[]): Promise<void> {
    // A page is not told where the folder is.
    const workspace = {
      name: this.#name,
      roots: [{ name: this.#name, path: this.#name }],
      os: navigator.userAgentData?.platform || null,
      ide: IDE,
    };
    const put = (told: readonly Instruction[]) =>
      describeWorkspace(runtime, this.#sessionId, workspace, told);
    await put(instructions).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.status !== 400 || instructions.length === 0) throw error;
      notes.push(`Agents are not told the instructions of the folder: ${wordsOf(error)}`);
      return put([]);
    });
  }
}

/** The folder may be gone, or be taken from the page. */
const reasonOf = (error: unknown): string => (error instanceof DOMException ? error.message : wordsOf(error));
