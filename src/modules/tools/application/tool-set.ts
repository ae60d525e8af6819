import { JsonObject } from '../../../shared/domain/json.js';
import { ToolEffect } from '../../../shared/domain/tool-effect.js';
import { ToolSource } from '../../../shared/domain/tool-source.js';
import { ParsedArguments, ToolDescription, ToolName } from '../../agents/index.js';

/** A tool that an agent may call. */
export interface Tool {
  /** As models are shown it. */
  readonly description: ToolDescription;
  readonly source: ToolSource;
  /** Of a tool that a client declares: as the client claims. */
  readonly effect: ToolEffect;
  /** For the answer to a call; null = the setting. */
  readonly timeoutSeconds: number | null;
  /** Arguments that it takes, with all its options; undefined if none are known. */
  readonly example: JsonObject | undefined;
  /** Reads arguments as the schema of the tool means them, then checks them. */
  parse(args: unknown): ParsedArguments;
}

/** The tools of an agent, in the order in which models are shown them. */
export class ToolSet {
  private readonly tools: ReadonlyMap<ToolName, Tool>;

  /** @param digest of the list of clients' tools in its run; null = there is none */
  constructor(
    tools: readonly Tool[],
    readonly digest: string | null,
  ) {
    this.tools = new Map(tools.map((tool) => [tool.description.name, tool]));
  }

  get names(): ToolName[] {
    return [...this.tools.keys()];
  }

  get descriptions(): ToolDescription[] {
    return [...this.tools.values()].map(({ description }) => description);
  }

  find(name: ToolName): Tool | undefined {
    return this.tools.get(name);
  }

  /** The tool at a place in the list that models are shown, from 0. */
  at(place: number): Tool | undefined {
    return [...this.tools.values()][place];
  }
}
