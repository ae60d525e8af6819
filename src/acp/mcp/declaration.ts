import { type AgentRuntime, Problem, type RequestOptions, type ToolList } from '#client';
import { type DeclaredTool, fitting } from './declared-tools.js';

/** Marks the lists of bridges, which pass their names to one another. */
const OF_BRIDGE = 'acp:';
const TTL_SECONDS = 60;

/** A tool that is not declared. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/**
 * The tools that a window has declared for a session. A name belongs to one client at a time. Where two windows have the same
 * server, it goes to the one in which the user has written last: a window that was killed does not keep its names, and one whose
 * run is still active executes the calls of that run all the same. Names of other kinds of clients are left to them.
 */
export class Declaration {
  readonly #runtime: AgentRuntime;
  readonly #sessionId: string;
  readonly #clientId = OF_BRIDGE + crypto.randomUUID();
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: AgentRuntime, sessionId: string) {
    this.#runtime = runtime;
    this.#sessionId = sessionId;
  }

  /**
   * Declares these tools, except those that the server refuses.
   * @param takesOver whether other bridges are to give up these names
   * @returns the refused tools, and why
   */
  declare(tools: readonly DeclaredTool[], takesOver: boolean, options?: RequestOptions): Promise<LeftOut[]> {
    return this.#inTurn(() => this.#declare(tools, takesOver, options));
  }

  /** Takes all of them back. */
  withdraw(options?: RequestOptions): Promise<void> {
    return this.#inTurn(() => this.#runtime.tools.withdraw(this.#sessionId, this.#clientId, options));
  }

  async #declare(
    tools: readonly DeclaredTool[],
    takesOver: boolean,
    options?: RequestOptions,
  ): Promise<LeftOut[]> {
    const leftOut: LeftOut[] = [];
    const keep = (offered: readonly DeclaredTool[], reasonFor: (tool: DeclaredTool) => string | undefined) =>
      offered.filter((tool) => {
        const reason = reasonFor(tool);
        if (reason !== undefined) leftOut.push({ name: tool.name, reason });
        return reason === undefined;
      });
    let offered = keepFitting(tools, [], keep);
    for (let mayTake = takesOver; ;) {
      try {
        await this.#put(this.#clientId, offered, TTL_SECONDS, options);
        return leftOut;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const before = offered.length;
        let hasTaken = false;
        if (error.status === 400) offered = keep(offered, faultsIn(error, offered));
        else if (error.code === 'tool.name_taken' || error.code === 'tool.limit_reached') {
          const others = await this.#others(mayTake ? offered : [], options);
          [hasTaken, mayTake] = [mayTake, false];
          const taken = new Set(others.map(({ name }) => name));
          offered = keep(offered, ({ name }) =>
            taken.has(name) ? 'another client of the session has it' : undefined,
          );
          offered = keepFitting(offered, others, keep);
        }
        if (offered.length === before && !hasTaken) throw error;
      }
    }
  }

  /** The tools of other clients, after other bridges have given up those that are wanted. */
  async #others(wanted: readonly DeclaredTool[], options?: RequestOptions): Promise<DeclaredTool[]> {
    const names = new Set(wanted.map(({ name }) => name));
    const left: DeclaredTool[] = [];
    for (const list of await this.#runtime.tools.list(this.#sessionId, {}, options).all()) {
      if (list.client_id === this.#clientId) continue;
      const tools = list.tools.map(asDeclared);
      const kept = list.client_id.startsWith(OF_BRIDGE)
        ? tools.filter(({ name }) => !names.has(name))
        : tools;
      left.push(...kept);
      if (kept.length < tools.length) await this.#put(list.client_id, kept, list.ttl_seconds, options);
    }
    return left;
  }

  async #put(
    clientId: string,
    tools: readonly DeclaredTool[],
    ttl: number,
    options?: RequestOptions,
  ): Promise<void> {
    await this.#runtime.tools.declare(
      this.#sessionId,
      clientId,
      { tools: [...tools], ttl_seconds: ttl },
      options,
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined); // the caller is told
    return done;
  }
}

/** A tool of a list, without what the server has added. */
function asDeclared(listed: ToolList['tools'][number]): DeclaredTool {
  const { name, description, parameters, effect, timeout_seconds: timeout, agents } = listed;
  return {
    ...{ name, description, parameters, effect },
    ...(timeout !== undefined && { timeout_seconds: timeout }),
    ...(agents && { agents }),
  };
}

type Keep = (
  offered: readonly DeclaredTool[],
  reasonFor: (tool: DeclaredTool) => string | undefined,
) => DeclaredTool[];

function keepFitting(
  offered: readonly DeclaredTool[],
  others: readonly DeclaredTool[],
  keep: Keep,
): DeclaredTool[] {
  const first = new Set(fitting(offered, others));
  return keep(offered, (tool) => (first.has(tool) ? undefined : 'a session takes no more tools'));
}

/** The server's reason against each refused tool. */
function faultsIn(
  { errors }: Problem,
  offered: readonly DeclaredTool[],
): (tool: DeclaredTool) => string | undefined {
  const faults = new Map(
    errors.map(({ field, message }) => {
      const [, index, part] = /^tools\.(\d+)\.?(.*)$/.exec(field) ?? [];
      return [offered[Number(index)], `${part} ${message}`.trim()];
    }),
  );
  return (tool) => faults.get(tool);
}
