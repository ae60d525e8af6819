import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { budgetOf } from '../../../shared/domain/budget.js';
import { Clock } from '../../../shared/domain/clock.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { fold } from '../../../shared/domain/fold.js';
import { Git } from '../../../shared/domain/git.js';
import { pathFault, plainPath } from '../../../shared/domain/workspace-path.js';
import { AgentDirectory } from '../../agents/index.js';
import { BlobMissing, BlobQueries, BlobRepository } from '../../blobs/index.js';
import { ModelCatalog, answeringModel } from '../../models/index.js';
import { SessionQueries, SessionRepository } from '../../sessions/index.js';
import { inOrder } from '../domain/instruction-order.js';
import { StoredWorkspace, Workspace, hasRoots } from '../domain/workspace.js';
import { WorkspaceRepository } from '../domain/workspace.repository.js';
import { WorkspaceView, toWorkspaceView } from '../domain/workspace-view.js';
import { framed } from './frame-instructions.js';

/** In bytes. */
const LARGEST_FILE = 64 * 1024;
const LARGEST_SUM = 256 * 1024;
/** The share of a request that instructions may take. */
const SHARE = 1 / 5;

/** A file of instructions, by the hash of a content that the user has stored, or with its content. */
export type GivenInstruction = { readonly path: string } & (
  { readonly hash: string } | { readonly content: string }
);

export interface SetWorkspaceCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly workspace: Omit<Workspace, 'instructions'> & {
    readonly instructions: readonly GivenInstruction[];
  };
  readonly git: Git | null;
}

/** An instruction whose content is at hand. */
interface Known {
  readonly path: string;
  readonly bytes: Buffer;
  readonly hash: string;
  /** Whether it was sent, and is to be stored. */
  readonly isNew: boolean;
}

/** Says which workspace a session is about. Agents are told from the next run on. */
@Injectable()
export class SetWorkspace {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionQueries,
    private readonly agents: AgentDirectory,
    private readonly models: ModelCatalog,
    private readonly blobs: BlobQueries,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws SessionNotFound, SessionArchived, BlobQuotaExceeded, InputInvalid for instructions that are too large or folders that no path can name
   * @throws BlobMissing with the hashes whose contents the user has to send
   */
  async execute({ userId, sessionId, workspace, git }: SetWorkspaceCommand): Promise<WorkspaceView> {
    await this.sessions.requireOwned(sessionId, userId);
    requireRootsOfPaths(workspace.roots);
    const known = await this.contentsOf(userId, requireDistinct(workspace.instructions));
    await this.requireRoom(userId, sessionId, known);
    const ordered = inOrder(known, hasRoots(workspace));
    const told = { ...workspace, instructions: ordered.map(({ path, hash }) => ({ path, hash })) };
    const stored: StoredWorkspace = { ...told, digest: digestOf(told) };
    await this.uow.run('set_workspace', async (tx) => {
      const session = await tx.get(SessionRepository).get(sessionId, userId);
      session.requireOpen();
      const blobs = tx.get(BlobRepository);
      for (const { bytes, isNew } of known) if (isNew) await blobs.put(userId, bytes);
      const kept = await tx.get(WorkspaceRepository).put(sessionId, stored);
      await blobs.use(
        userId,
        sessionId,
        'workspace',
        stored.instructions.map(({ hash }) => hash),
      );
      await blobs.release(userId, sessionId, 'workspace', kept);
      session.moveTo({ name: stored.name, digest: stored.digest, git }, this.clock.now());
      await tx.get(SessionRepository).save(session);
    });
    return toWorkspaceView(stored, git);
  }

  /** A stored content may be anything; it is read only if it is as small as instructions. */
  private async contentsOf(userId: string, given: readonly GivenInstruction[]): Promise<Known[]> {
    const hashes = given.flatMap((each) => ('hash' in each ? each.hash : []));
    const sizes = await this.blobs.sizes(userId, hashes);
    const missing = [...new Set(hashes)].filter((hash) => !sizes.has(hash));
    if (missing.length > 0) throw new BlobMissing(missing);
    requireSizes(
      given.map((each) => ({
        path: each.path,
        size: 'hash' in each ? sizes.get(each.hash)! : Buffer.byteLength(each.content),
      })),
    );
    const contents = await this.blobs.read(userId, hashes);
    return given.map((each, index) => {
      const isNew = 'content' in each;
      const bytes = isNew ? Buffer.from(each.content) : contents.get(each.hash);
      if (!bytes) throw new BlobMissing(hashes); // its time has come meanwhile
      if (!isNew && !isText(bytes)) throw fault(index, 'hash', `is that of no text (${each.path})`);
      const hash = isNew ? createHash('sha256').update(bytes).digest('hex') : each.hash;
      return { path: each.path, bytes: Buffer.from(bytes), hash, isNew };
    });
  }

  /** Most of a request must remain for the conversation. */
  private async requireRoom(userId: string, sessionId: string, known: readonly Known[]): Promise<void> {
    const session = await this.sessions.view(sessionId, userId);
    const agent = await this.agents.ofSession(userId, session.agent);
    const { id, limit } = answeringModel(session.model, agent, this.models);
    const most = Math.floor(budgetOf(limit).tokens * SHARE);
    const sizes = known.map(({ path, bytes }) => estimatedTokens(framed({ path, text: bytes.toString() })));
    const sum = sizes.reduce((all, size) => all + size, 0);
    if (sum <= most) return;
    const largest = sizes.indexOf(Math.max(...sizes));
    throw fault(
      largest,
      null,
      `all have about ${sum} tokens, and ${most} are left for them with the model ${id}; the largest is ${known[largest]!.path} with ${sizes[largest]}`,
    );
  }
}

const fault = (index: number, field: string | null, message: string): InputInvalid =>
  new InputInvalid([
    { field: ['instructions', index, field].filter((part) => part !== null).join('.'), message },
  ]);

/** Where there are several, paths begin with the name of one. Names that differ in case alone are one to some rules. */
function requireRootsOfPaths(roots: SetWorkspaceCommand['workspace']['roots']): void {
  if (roots.length === 1) return;
  const seen = new Set<string>();
  roots.forEach(({ name }, index) => {
    const message = seen.has(fold(name)) ? `is there twice: ${name}` : pathFault(name);
    if (message !== undefined) throw new InputInvalid([{ field: `roots.${index}.name`, message }]);
    seen.add(fold(name));
  });
}

/** In their canonical form. Two spellings of one file would be two files on one disk and one on another. */
function requireDistinct(given: readonly GivenInstruction[]): GivenInstruction[] {
  const seen = new Set<string>();
  return given.map((each, index) => {
    const path = plainPath(each.path);
    if (seen.has(fold(path))) throw fault(index, 'path', `is there twice: ${path}`);
    seen.add(fold(path));
    return { ...each, path };
  });
}

function requireSizes(files: readonly { path: string; size: number }[]): void {
  const sizes = files.map(({ size }) => size);
  const largest = sizes.indexOf(Math.max(...sizes));
  const { path, size } = files[largest] ?? { path: '', size: 0 };
  const sum = sizes.reduce((all, each) => all + each, 0);
  if (size > LARGEST_FILE) {
    throw fault(
      largest,
      null,
      `must have at most ${LARGEST_FILE} bytes each; the largest is ${path} with ${size}`,
    );
  }
  if (sum > LARGEST_SUM) {
    throw fault(
      largest,
      null,
      `must have at most ${LARGEST_SUM} bytes together; the largest is ${path} with ${size}`,
    );
  }
}

/** Whether bytes are text that can be stored and sent as JSON. */
function isText(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString();
  return !text.includes('\0') && Buffer.from(text).equals(bytes);
}

/** A hash of everything that agents see. */
const digestOf = ({ name, roots, os, shell, ide, instructions }: Workspace): string =>
  createHash('sha256')
    .update(JSON.stringify([name, roots.map((root) => [root.name, root.path]), os, shell, ide, instructions]))
    .digest('hex');
