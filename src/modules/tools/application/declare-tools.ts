import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { isReservedToolName } from '../../agents/index.js';
import { SessionQueries, SessionRepository } from '../../sessions/index.js';
import { DeclaredTool, ToolList } from '../domain/declared-tool.js';
import { ToolLimitReached, ToolNameTaken } from '../domain/tool-list.errors.js';
import { StoredTools, ToolListRepository } from '../domain/tool-list.repository.js';
import { ToolListView, toToolListView } from '../domain/tool-list-view.js';
import { digestOfTool } from './digests.js';
import { ParameterSchemas } from './parameter-schemas.js';

export const MOST_TOOLS = 64;
/** In bytes of JSON, of all tools of a session together. */
const LARGEST_LISTS = 128 * 1024;
/** In bytes of JSON. */
const LARGEST_PARAMETERS = 32 * 1024;

export interface DeclareToolsCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly clientId: string;
  /** Take the place of those that the client has declared before. */
  readonly tools: readonly DeclaredTool[];
  readonly ttlSeconds: number;
}

/** Takes the list of tools that a client executes for a session. Agents have them from the next run on. */
@Injectable()
export class DeclareTools {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionQueries,
    private readonly schemas: ParameterSchemas,
  ) {}

  /** @throws SessionNotFound, SessionArchived, InputInvalid, ToolNameTaken, ToolLimitReached */
  async execute({
    userId,
    sessionId,
    clientId,
    tools,
    ttlSeconds,
  }: DeclareToolsCommand): Promise<ToolListView> {
    await this.sessions.requireOwned(sessionId, userId);
    requireOwnNames(tools);
    requireRoom([], tools); // before their schemas, which take long
    for (const [index, { parameters }] of tools.entries())
      await this.requireSchema(`tools.${index}`, parameters);
    const { value } = await this.uow.run('declare_tools', async (tx) => {
      // Its lock keeps two clients from taking one name at once.
      const session = await tx.get(SessionRepository).get(sessionId, userId);
      session.requireOpen();
      const stored = tx.get(StoredTools);
      const [lists, refused] = await Promise.all([stored.listLive(sessionId), stored.listRefused(sessionId)]);
      requireRoom(
        lists.filter((list) => list.clientId !== clientId),
        tools,
      );
      const list = await tx.get(ToolListRepository).put({ sessionId, clientId, tools, ttlSeconds });
      return toToolListView(list, refused, digestOfTool);
    });
    return value;
  }

  private async requireSchema(place: string, parameters: DeclaredTool['parameters']): Promise<void> {
    const isTooLarge = Buffer.byteLength(JSON.stringify(parameters)) > LARGEST_PARAMETERS;
    const fault = isTooLarge
      ? { field: '', message: `must have at most ${LARGEST_PARAMETERS} bytes` }
      : this.schemas.faultOf(parameters);
    if (fault) {
      const field = [place, 'parameters', fault.field].filter((part) => part !== '').join('.');
      throw new InputInvalid([{ field, message: fault.message }]);
    }
    await new Promise(setImmediate); // a schema may take long: other requests go on between two of them
  }
}

function requireOwnNames(tools: readonly DeclaredTool[]): void {
  const seen = new Set<string>();
  for (const { name } of tools) {
    if (isReservedToolName(name)) throw ToolNameTaken.byRuntime(name);
    if (seen.has(name)) throw ToolNameTaken.twice(name);
    seen.add(name);
  }
}

function requireRoom(others: readonly ToolList[], tools: readonly DeclaredTool[]): void {
  for (const list of others) {
    const taken = list.tools.find(({ name }) => tools.some((tool) => tool.name === name));
    if (taken) throw ToolNameTaken.byClient(taken.name, list.clientId);
  }
  const all = [...others.flatMap((list) => list.tools), ...tools];
  if (all.length > MOST_TOOLS) throw new ToolLimitReached(`${MOST_TOOLS} tools`);
  if (Buffer.byteLength(JSON.stringify(all)) > LARGEST_LISTS)
    throw new ToolLimitReached(`${LARGEST_LISTS} bytes`);
}
