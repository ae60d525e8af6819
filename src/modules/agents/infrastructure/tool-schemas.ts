import { z } from 'zod';
import { JsonObject } from '../../../shared/domain/json.js';
import { TODO_STATUSES } from '../../../shared/domain/todo.js';
import { pathFault, plainPath } from '../../../shared/domain/workspace-path.js';
import { patternFault } from '../../../shared/domain/workspace-pattern.js';
import { BuiltInTool } from '../domain/tool.js';

const MAX_PATH = 4096;
const MAX_PATTERN = 500;
const MAX_SUBTASKS = 50;
const MAX_EDITS = 50;
const MAX_TODOS = 50;
/** Limits of the title and description of a plan or subtask. */
const title = z.string().trim().min(1).max(200);
const description = z.string().trim().min(1).max(10_000);

/** Text of limited length that a function accepts by finding no fault in it. */
const judgedText = (maxLength: number, faultOf: (text: string) => string | undefined) =>
  z
    .string()
    .min(1)
    .max(maxLength, { abort: true })
    .check(({ value, issues }) => {
      const fault = faultOf(value);
      if (fault !== undefined) issues.push({ code: 'custom', message: fault, input: value });
    });

/** Passed on in plain form: the client gets exactly the checked path. */
const path = judgedText(MAX_PATH, pathFault)
  .transform(plainPath)
  .meta({ description: 'Relative to the workspace' });

/** The name that shortened texts give; the runtime checks whether it exists. */
const id = z.string().min(1).max(100);

const pattern = judgedText(MAX_PATTERN, patternFault);

/** How a tool is shown to models, and what it takes. */
export interface ToolSchema {
  readonly description: string;
  /** Has all options, so that it always shows the faulty one. */
  readonly example: JsonObject;
  readonly schema: z.ZodObject;
}

const SEARCH = {
  description: 'Searches the text of the workspace.',
  example: {
    ...{ query: 'login(', path: 'src', file_pattern: '*.ts' },
    ...{ case_sensitive: true, regex: false, max_results: 50 },
  },
  schema: z.object({
    query: z.string().min(1).max(4096),
    path: path.optional(),
    file_pattern: pattern.optional(),
    case_sensitive: z.boolean().optional(),
    regex: z.boolean().optional(),
    max_results: z.int().min(1).max(1000).optional(),
  }),
};

/** Tools that got new options after the first release, in their first form. */
export const FIRST_EDITION: Readonly<Partial<Record<BuiltInTool, ToolSchema>>> = { search_in_code: SEARCH };

/** All of them, as they are now. */
export const TOOLS: Readonly<Record<BuiltInTool, ToolSchema>> = {
  read_file: {
    description: 'Reads a text file, or some lines of it.',
    example: { path: 'src/app.ts', start_line: 1, end_line: 40 },
    schema: z.object({
      path,
      start_line: z.int().min(1).optional(),
      end_line: z.int().min(1).optional(),
    }),
  },
  write_file: {
    description: 'Writes a whole file; an existing one is replaced.',
    example: { path: 'src/app.ts', content: 'export {};\n', create_dirs: true },
    schema: z.object({
      path,
      content: z.string(),
      create_dirs: z.boolean().optional().meta({ description: 'Make missing folders' }),
    }),
  },
  list_files: {
    description: 'Lists the files of a folder.',
    example: { path: 'src', recursive: true, include_hidden: false, pattern: '*.ts' },
    schema: z.object({
      path: path.default('.'), // the workspace
      recursive: z.boolean().optional(),
      include_hidden: z.boolean().optional(),
      pattern: pattern.optional().meta({ description: 'Glob the names must match' }),
    }),
  },
  create_directory: {
    description: 'Makes a folder.',
    example: { path: 'src/api', recursive: true },
    schema: z.object({ path, recursive: z.boolean().optional() }),
  },
  execute_command: {
    description: 'Runs a shell command in the workspace and answers its output and exit code.',
    example: { command: 'npm test', cwd: 'packages/api', timeout_seconds: 60 },
    schema: z.object({
      command: z.string().min(1).max(32_768),
      cwd: path.optional(),
      timeout_seconds: z.int().min(1).max(300).optional(),
    }),
  },
  search_in_code: {
    ...SEARCH,
    example: { ...SEARCH.example, context_lines: 2, output: 'lines' },
    schema: SEARCH.schema.extend({
      context_lines: z
        .int()
        .min(0)
        .max(20)
        .optional()
        .meta({ description: 'Lines shown before and after each line that fits' }),
      output: z
        .enum(['lines', 'files'])
        .optional()
        .meta({ description: 'Lines that fit (the default), or only the names of their files' }),
    }),
  },
  edit_file: {
    description: `Replaces pieces of a file that you have read. Each old_text must be in the file exactly once, character by \
character, or say replace_all. All edits are made, in order, or none.`,
    example: {
      path: 'src/app.ts',
      edits: [{ old_text: 'const port = 80;', new_text: 'const port = 8080;', replace_all: false }],
    },
    schema: z.object({
      path,
      edits: z
        .array(
          z.object({
            old_text: z
              .string()
              .min(1)
              .meta({ description: 'As it stands in the file, with enough lines around to be unique' }),
            new_text: z.string().meta({ description: 'What takes its place; empty deletes it' }),
            replace_all: z.boolean().optional().meta({ description: 'Every place instead of one' }),
          }),
        )
        .min(1)
        .max(MAX_EDITS),
    }),
  },
  glob: {
    description: 'Finds files by their names.',
    example: { pattern: 'src/**/*.spec.ts', path: 'packages/api', max_results: 100 },
    schema: z.object({
      pattern: pattern.meta({ description: 'Glob the paths must match, from the folder on' }),
      path: path.optional(),
      max_results: z.int().min(1).max(1000).optional(),
    }),
  },
  get_diagnostics: {
    description: 'Tells the errors and warnings that the editor shows, of one file or of all.',
    example: { path: 'src/app.ts' },
    schema: z.object({ path: path.optional() }),
  },
  delete_file: {
    description: 'Deletes a file that you have read.',
    example: { path: 'src/old.ts' },
    schema: z.object({ path }),
  },
  move_file: {
    description: 'Moves or renames a file that you have read; nothing may be at the new path.',
    example: { path: 'src/old.ts', to: 'src/new.ts' },
    schema: z.object({ path, to: path }),
  },
  read_result: {
    description: `Reads a tool's answer, or a long message of the user, of which you were shown only the beginning and the end: \
lines of it, or those that contain a query. A line of more than 2,000 characters counts as several.`,
    example: {
      ...{ call_id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b', start_line: 801, end_line: 1600 },
      ...{ query: 'error' },
    },
    schema: z
      .object({
        call_id: id.optional().meta({ description: 'The call that was answered' }),
        message_id: id.optional().meta({ description: 'The message, instead of a call' }),
        start_line: z.int().min(1).optional(),
        end_line: z.int().min(1).optional(),
        query: z.string().min(1).max(500).optional().meta({ description: 'Text, in upper or lower case' }),
      })
      .refine((read) => (read.call_id === undefined) !== (read.message_id === undefined), {
        path: ['call_id'],
        message: 'give either call_id or message_id',
      })
      .refine(({ start_line: start = 1, end_line: end = start }) => start <= end, {
        path: ['end_line'],
        message: 'comes before start_line',
      }),
  },
  update_todos: {
    description: `Shows the developer what you have done and what remains of a long task: the whole list, each time. Call it when you \
begin, and when an item changes.`,
    example: {
      items: [
        { text: 'Find where dates are parsed', status: 'completed' },
        { text: 'Accept week numbers', status: 'in_progress' },
        { text: 'Run the tests', status: 'pending' },
      ],
    },
    schema: z.object({
      items: z
        .array(
          z.object({
            text: z.string().trim().min(1).max(500),
            status: z.enum(TODO_STATUSES),
          }),
        )
        .max(MAX_TODOS),
    }),
  },
  attempt_completion: {
    description: 'Ends the task with its result. Must be the only tool call of the reply.',
    example: { result: 'The login works again; its test passes.' },
    schema: z.object({ result: z.string().min(1).meta({ description: 'What the developer reads' }) }),
  },
  ask_followup_question: {
    description: 'Asks the developer and ends the turn. Must be the only tool call of the reply.',
    example: { question: 'Which database do you use?', suggestions: ['PostgreSQL', 'SQLite'] },
    schema: z.object({
      question: z.string().min(1),
      suggestions: z.array(z.string().min(1)).min(2).max(4).optional(),
    }),
  },
  create_plan: {
    description: `Proposes a plan, which the developer approves, rejects or wants changed; once approved it is carried out \
subtask by subtask. Must be the only tool call of the reply.`,
    example: {
      title: 'Greeting tool',
      description: 'A command that prints a greeting',
      subtasks: [
        {
          ...{ title: 'Write it', description: 'src/greet.js prints hello', agent: 'coder' },
          ...{ estimated_minutes: 5, dependencies: [] },
        },
      ],
    },
    schema: z.object({
      title,
      description: description.meta({ description: 'The goal, and what stays out' }),
      subtasks: z
        .array(
          z.object({
            title,
            description: description.meta({ description: 'What to do, and how one sees that it is done' }),
            agent: z.string().min(1).max(100).meta({ description: 'One of the agents that this tool lists' }),
            estimated_minutes: z.int().min(1).max(10_080).optional(),
            dependencies: z
              .array(z.int().min(0))
              .max(MAX_SUBTASKS)
              .optional()
              .meta({ description: 'Earlier subtasks whose results it needs, counted from 0' }),
          }),
        )
        .min(1)
        .max(MAX_SUBTASKS)
        .meta({ description: 'In the order in which they are carried out' }),
    }),
  },
  switch_agent: {
    description: 'Hands over to another agent. Must be the only tool call of the reply.',
    example: { agent: 'debug', reason: 'The cause of the failure is unknown' },
    schema: z.object({ agent: z.string().min(1), reason: z.string().min(1) }),
  },
};
