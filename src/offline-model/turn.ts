import type { ChatCompletionRequest, ChatMessage } from '@copilotkit/aimock';
import type { ToolName } from '../modules/agents/index.js';
import { firstLineOfScripts } from './rules.js';

/** A tool call of the current turn with its outcome. */
export interface SettledCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly answer: string;
  readonly failed: boolean;
  /** Refused by the user or a rule, so not to be repeated. */
  readonly refused: boolean;
  /** The user changed the arguments before allowing the call; `arguments` are still the model's. */
  readonly edited: boolean;
}

const REFUSAL = /^Error: (?:the developer did not allow|this call was not allowed|this call is forbidden)/i;
const EDIT = '(Before allowing this call the developer changed its arguments';
/** What the runtime says with a message beside the user's words. */
const NOTE = /\n\n\(Today is \d{4}-\d\d-\d\d[^\n]*\)$/;
/** What went with the message: material, in which no task is looked for. */
const ATTACHED = /\n\n\(What follows was attached by the editor of the developer\.[^]*$/;
/** The runtime's wording of a subtask, perhaps after instructions; only the part inside is the task. */
const BRIEF =
  /(?:^|\n\n)You carry out one subtask of a plan[^]*?\n\nYour subtask, \d+ of \d+: ([^]*?)(?=\n\nResult of subtask \d+, |\n\nAn earlier attempt failed: |$)/;

/** The part of a task that is searched for words, since the search time grows with the square of the length. */
const LONGEST_TASK = 5_000;

/** The state of a task, read from the request alone: the task and the calls made for it so far. */
export class Turn {
  private constructor(
    readonly task: string,
    /** Whether the task is part of an approved plan. */
    readonly isSubtask: boolean,
    private readonly settled: readonly SettledCall[],
    private readonly tools: ReadonlySet<string>,
    /** What new scripts are to begin with; undefined = nothing. */
    readonly firstLine: string | undefined,
  ) {}

  static of({ messages, tools = [] }: ChatCompletionRequest): Turn {
    const begin = messages.findLastIndex((message) => message.role === 'user');
    const answers = new Map(messages.map((message) => [message.tool_call_id, textOf(message)]));
    const settled = messages.slice(begin + 1).flatMap((message) =>
      (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => {
        const answer = answers.get(id) ?? '';
        return {
          tool: name,
          arguments: JSON.parse(args) as Record<string, unknown>,
          answer,
          failed: isFailure(name, answer),
          refused: REFUSAL.test(answer),
          edited: answer.includes(EDIT),
        };
      }),
    );
    const said = textOf(messages[begin]).replace(NOTE, '').replace(ATTACHED, '');
    const subtask = BRIEF.exec(said)?.[1];
    const offered = new Set(tools.map((tool) => tool.function.name));
    const task = (subtask ?? said).slice(0, LONGEST_TASK);
    return new Turn(task, subtask !== undefined, settled, offered, firstLineOfScripts(messages));
  }

  /** Whether it begins: no call was made for it yet. */
  get isNew(): boolean {
    return this.settled.length === 0;
  }

  offers(tool: ToolName): boolean {
    return this.tools.has(tool);
  }

  /** The calls of a tool in this turn, in order. */
  calls(tool: ToolName): SettledCall[] {
    return this.settled.filter((call) => call.tool === tool);
  }

  /** The newest call of a tool in this turn. */
  last(tool: ToolName): SettledCall | undefined {
    return this.calls(tool).at(-1);
  }
}

/** Whether the runtime or the client reports an error, or a command ended with an exit code other than 0. */
const isFailure = (tool: string, answer: string): boolean =>
  answer.startsWith('Error:') || (tool === 'execute_command' && /"exit_code":\s*[^0\s]/.test(answer));

/** The text of a message. */
export function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
}
