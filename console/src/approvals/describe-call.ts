import type { ChangeSession, Json } from '@agent-runtime/client';
import {
  CheckListIcon,
  FileIcon,
  FolderIcon,
  PlanIcon,
  SearchIcon,
  TerminalIcon,
  ToolIcon,
  TrashIcon,
  WriteIcon,
} from '../ui/icons.tsx';
import { visible } from '../ui/visible.ts';

type IdeTool = NonNullable<ChangeSession['builtin_tools']>[number];
/** Those that the runtime answers itself. */
type VirtualTool =
  | 'read_result'
  | 'update_todos'
  | 'create_plan'
  | 'switch_agent'
  | 'ask_followup_question'
  | 'attempt_completion';

type Arguments = Readonly<Record<string, Json>>;

interface Description {
  readonly Icon: typeof FileIcon;
  readonly verb: string;
  readonly object: (args: Arguments) => Json | undefined;
}

const named =
  (name: string) =>
  (args: Arguments): Json | undefined =>
    args[name];

/** What a built-in tool does, and to what, for a line that is read at a glance. */
const TOOLS = {
  read_file: { Icon: FileIcon, verb: 'Read', object: named('path') },
  write_file: { Icon: WriteIcon, verb: 'Write', object: named('path') },
  edit_file: { Icon: WriteIcon, verb: 'Edit', object: named('path') },
  delete_file: { Icon: TrashIcon, verb: 'Delete', object: named('path') },
  move_file: { Icon: FileIcon, verb: 'Move', object: ({ path, to }: Arguments) => both(path, to) },
  list_files: { Icon: FolderIcon, verb: 'List', object: named('path') },
  create_directory: { Icon: FolderIcon, verb: 'Make folder', object: named('path') },
  execute_command: { Icon: TerminalIcon, verb: 'Run', object: named('command') },
  search_in_code: { Icon: SearchIcon, verb: 'Search', object: named('query') },
  glob: { Icon: SearchIcon, verb: 'Find', object: named('pattern') },
  get_diagnostics: { Icon: ToolIcon, verb: 'Check', object: named('path') },
  read_result: { Icon: FileIcon, verb: 'Read on', object: named('query') },
  update_todos: { Icon: CheckListIcon, verb: 'To do', object: ({ items }: Arguments) => doneOf(items) },
  create_plan: { Icon: PlanIcon, verb: 'Plan', object: named('title') },
  switch_agent: { Icon: ToolIcon, verb: 'Hand over to', object: named('agent') },
  ask_followup_question: { Icon: ToolIcon, verb: 'Ask', object: named('question') },
  attempt_completion: { Icon: ToolIcon, verb: 'Finish', object: () => '' },
} satisfies Readonly<Record<IdeTool | VirtualTool, Description>>;

/** Every other one was declared by a client, or made up by a model. */
export const isBuiltIn = (name: string): name is keyof typeof TOOLS => Object.hasOwn(TOOLS, name);

export function describeCall(name: string, args: Json) {
  const known: Description | undefined = isBuiltIn(name) ? TOOLS[name] : undefined;
  const object = known?.object(Object(args) as Arguments);
  return {
    Icon: known?.Icon ?? ToolIcon,
    verb: known?.verb ?? visible(shortName(name)),
    object: typeof object === 'string' ? visible(object) : '',
  };
}

/** `mcp__tickets__look_up`, a tool of an MCP server, as `tickets: look_up`. */
const shortName = (name: string): string => name.replace(/^mcp__(.+?)__(.+)$/, '$1: $2');

const both = (from: Json | undefined, to: Json | undefined): string =>
  typeof from === 'string' && typeof to === 'string' ? `${from} → ${to}` : '';

function doneOf(items: Json | undefined): string {
  if (!Array.isArray(items)) return '';
  const done = items.filter((item) => (Object(item) as Arguments)['status'] === 'completed').length;
  return `${done} of ${items.length} done`;
}
