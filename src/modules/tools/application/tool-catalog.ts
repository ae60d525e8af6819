import { Injectable } from '@nestjs/common';
import { ToolEffect } from '../../../shared/domain/tool-effect.js';
import {
  BuiltInTools,
  DescribeTools,
  EquippedAgent,
  ToolName,
  effectOf,
  isBuiltInTool,
  mayCallClientTool,
} from '../../agents/index.js';
import { DeclaredTool, KeptList } from '../domain/declared-tool.js';
import { StoredTools } from '../domain/tool-list.repository.js';
import { builtInToolsOf } from './built-in-tools.js';
import { ParameterSchemas } from './parameter-schemas.js';
import { Tool, ToolSet } from './tool-set.js';
import { toolsNow } from './tools-now.js';

/** Lists of clients' tools; one has at most 128 KB. */
const MOST_KEPT = 100;

/** The part of a run that says which tools of clients it uses. */
export interface ToolsOfRun {
  readonly sessionId: string;
  /** Null = none. */
  readonly toolsDigest: string | null;
}

/** Knows the tools of agents: the built-in ones, then those of clients, each in an order that stays the same for a run. */
@Injectable()
export class ToolCatalog {
  /** By digest: they do not change. The one that was read first goes first. */
  private readonly kept = new Map<string, readonly DeclaredTool[]>();

  constructor(
    private readonly describeTools: DescribeTools,
    private readonly builtIn: BuiltInTools,
    private readonly stored: StoredTools,
    private readonly schemas: ParameterSchemas,
  ) {}

  /** The tools of an agent in a run. Inside a unit of work the caller gives that one's `StoredTools`. */
  async for(run: ToolsOfRun, agent: EquippedAgent, stored = this.stored): Promise<ToolSet> {
    return this.setOf(agent, await this.listOf(run, stored));
  }

  /** What a tool may do in a run; of a tool of clients what is claimed, of an unknown one the worst. */
  async effectIn(run: ToolsOfRun, name: ToolName, stored = this.stored): Promise<ToolEffect> {
    if (isBuiltInTool(name)) return effectOf(name);
    const list = await this.listOf(run, stored);
    return list?.tools.find((tool) => tool.name === name)?.effect ?? 'execute';
  }

  /** The tools of an agent in a run that would begin now. */
  async now(sessionId: string, agent: EquippedAgent): Promise<ToolSet> {
    return this.setOf(agent, await toolsNow(this.stored, sessionId));
  }

  private async listOf(
    { sessionId, toolsDigest: digest }: ToolsOfRun,
    stored: StoredTools,
  ): Promise<KeptList | undefined> {
    if (digest === null) return undefined;
    const tools = this.kept.get(digest) ?? (await stored.find(sessionId, digest));
    if (!tools) return undefined;
    this.kept.set(digest, tools);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    return { digest, tools };
  }

  private setOf(agent: EquippedAgent, list?: KeptList): ToolSet {
    const declared = (list?.tools ?? []).filter(
      ({ name, agents }) => mayCallClientTool(agent, name) && (agents?.includes(agent.id) ?? true),
    );
    const builtIn = builtInToolsOf(agent, this.describeTools, this.builtIn);
    return new ToolSet([...builtIn, ...declared.map((tool) => this.toTool(tool))], list?.digest ?? null);
  }

  private toTool({ name, description, parameters, effect, timeoutSeconds }: DeclaredTool): Tool {
    return {
      description: { name, description, parameters },
      source: 'client',
      effect,
      timeoutSeconds,
      example: undefined,
      parse: (args) => this.schemas.parse(parameters, args),
    };
  }
}
