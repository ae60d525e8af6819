import type { ToolCallContent } from '@agentclientprotocol/sdk';
import { FileAnswer, type Json, type Tool, type ToolContext, type Tools } from '#client';
import { applyEdits, textOf, visible } from '#client/edit';
import { type Host, localHost } from '../ide/host.js';
import type { Roots } from '../ide/roots.js';
import { WorkspaceTools } from '../ide/workspace-tools.js';
import { displayedContent, fileDiff } from './displayed.js';
import { MAX_SHOWN, cut, fenced } from './text.js';
import { type Arguments, piecesOf, textContent } from './tool-call.js';

/** The folders of a session: its tools, and what they will do and have done, as an editor shows it. */
export class Workspace {
  readonly #roots: Roots;
  readonly #tools: WorkspaceTools;
  readonly #read: Host['read'];

  /** @param signal ends the commands that are running */
  constructor(roots: Roots, signal: AbortSignal, host: Partial<Host>) {
    this.#roots = roots;
    this.#tools = new WorkspaceTools(roots, signal, host);
    this.#read = { ...localHost(signal), ...host }.read;
  }

  /** @param show is told what to show as the answer of a call, before the server is told the answer */
  tools(show: (callId: string, content: ToolCallContent[]) => void): Tools {
    const shown = Object.entries(this.#tools.byName as Record<string, Tool<Arguments>>).map(
      ([name, tool]) => [
        name,
        (args: Arguments, context: ToolContext) => this.#run(tool, args, context, show),
      ],
    );
    return Object.fromEntries(shown) as Tools;
  }

  /** What a call would change, for the question whether it may. */
  async preview(toolName: string, args: Arguments): Promise<ToolCallContent[]> {
    const { path, command, content } = args;
    if (typeof command === 'string') return [textContent(fenced(visible(command)))];
    if (typeof path !== 'string') return [];
    const before = await this.#textOf(path);
    if (toolName === 'write_file' && typeof content === 'string') return this.#diff(path, before, content);
    if (toolName === 'delete_file') return this.#diff(path, before, '');
    if (toolName !== 'edit_file') return [];
    try {
      return this.#diff(path, before, applyEdits(before ?? '', args['edits'] as never));
    } catch {
      return piecesOf(args, this.#roots); // the tool will say what does not fit
    }
  }

  async #run(
    tool: Tool<Arguments>,
    args: Arguments,
    context: ToolContext,
    show: (callId: string, content: ToolCallContent[]) => void,
  ): Promise<unknown> {
    const { call_id: callId } = context.call;
    let content: ToolCallContent[] | undefined;
    const keep = (display: Json | undefined) => {
      context.show(display);
      content = displayedContent(display, this.#roots);
    };
    try {
      const answer = await tool(args, { ...context, show: keep });
      show(callId, content ?? contentOf(answer));
      return answer;
    } catch (error) {
      show(callId, [textContent(error instanceof Error ? error.message : String(error))]);
      throw error;
    }
  }

  /** Undefined where there is no such text in the workspace. */
  async #textOf(path: string): Promise<string | undefined> {
    const bytes = await this.#tools
      .locate(path)
      .then(this.#read)
      .catch(() => undefined); // the tool itself will say why
    return bytes && textOf(bytes);
  }

  #diff(path: string, before: string | undefined, after: string): ToolCallContent[] {
    return fileDiff(path, before ?? null, after, this.#roots);
  }
}

function contentOf(answer: unknown): ToolCallContent[] {
  const result = answer instanceof FileAnswer ? answer.result : answer;
  return typeof result === 'string' && result ? [textContent(fenced(cut(result, MAX_SHOWN)))] : [];
}
