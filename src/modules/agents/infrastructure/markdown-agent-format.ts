import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { storableJson, storableText } from '../../../shared/domain/storable.js';
import { CLIENT_TOOL, isClientTool } from '../../../shared/domain/tool-source.js';
import { isVisible } from '../../../shared/domain/visible-text.js';
import { matches } from '../../../shared/domain/wildcards.js';
import { AgentFormat, ReadDefinition } from '../application/agent-format.js';
import { AGENT_MODES, AgentDefinition, DEFAULT_LIMITS, isAgentId } from '../domain/agent.js';
import { BuiltInTool, IDE_TOOLS, ToolName, VIRTUAL_TOOLS } from '../domain/tool.js';

/** In bytes. */
const LONGEST_PROMPT = 64 * 1024;
const LONGEST_FRONTMATTER = 16 * 1024;

const ID_FAULT =
  'must be 1 to 64 of a-z, 0-9, _ and -, begin with a letter or digit, and not be auto, custom or runtime';

const NOT_STORABLE = 'must be text without NUL and halves of surrogate pairs';

const isOfClients = (glob: string): boolean => isClientTool(glob) && glob !== CLIENT_TOOL;

const TOOLS: readonly BuiltInTool[] = [...IDE_TOOLS, ...VIRTUAL_TOOLS];
/** Plans are for agents that say so. */
const USUAL_TOOLS = TOOLS.filter((tool) => tool !== 'create_plan');

const FILE = /^\uFEFF?---[ \t]*\r?\n(?:([^]*?)\r?\n)?---[ \t]*(?:\r?\n([^]*))?$/;

const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, { abort: true })
    .max(longest)
    .refine(isVisible, 'must have a visible character')
    .refine((text) => !/[\r\n]/.test(text), 'must be one line');

/** A name or glob of tools; which tools clients have is not known here. */
const tool = z
  .string()
  .max(100, { abort: true })
  .refine((glob) => isOfClients(glob) || TOOLS.some((name) => matches(glob, name)), {
    error: `fits no tool; there are ${TOOLS.join(', ')}, and ${CLIENT_TOOL} with a name or glob`,
  });

const glob = z
  .string()
  .min(1)
  .max(500, { abort: true })
  .refine((text) => !/^[/~]|(^|\/)\.{1,2}(\/|$)|\\|\/\//.test(text), {
    error: 'must be relative to the workspace, with / between names, and without . and ..',
    abort: true,
  })
  .refine((text) => !/[[\]{}()!]/.test(text), {
    error: 'must have no other signs than *, ** and ?; write an entry for each alternative',
  });

const listOf = <T extends z.ZodType>(entry: T) => z.array(entry).max(100);

/** Names are those of Claude Code and opencode, where they mean the same. */
const FRONTMATTER = z.strictObject({
  name: line(100).optional(),
  description: line(1000),
  mode: z.enum(AGENT_MODES).default('all'),
  model: line(100).optional(),
  reasoning_effort: line(20).optional(),
  temperature: z.number().min(0).max(2).optional(),
  tools: listOf(tool).optional(),
  disallowed_tools: listOf(tool).default([]),
  write_paths: listOf(glob).optional(),
  hand_over_to: listOf(z.string().max(100)).optional(),
  takes_subtasks: z.boolean().optional(),
  max_model_calls: z.int().min(1).max(10_000).optional(),
});

/** An agent as a Markdown file: YAML between lines of `---`, then the prompt. */
export class MarkdownAgentFormat extends AgentFormat {
  read(id: string, definition: string): ReadDefinition {
    if (storableText(definition) !== definition) return refused('definition', NOT_STORABLE);
    const parts = FILE.exec(definition);
    if (!parts) return refused('definition', 'must begin with YAML between two lines of ---');
    const [, frontmatter = '', body = ''] = parts;
    const written = readYaml(frontmatter);
    if ('fault' in written) return refused('definition', written.fault);
    if (holdsEscapedFault(written.value)) return refused('definition', NOT_STORABLE);
    const parsed = FRONTMATTER.safeParse(written.value ?? {});
    const prompt = body.trim();
    const faults = [
      ...(isAgentId(id) ? [] : [{ field: 'id', message: ID_FAULT }]),
      ...(parsed.error?.issues ?? []).flatMap(faultsOf),
      ...promptFaults(prompt),
    ];
    if (!parsed.success || faults.length > 0) return { ok: false, faults };
    const agent = toDefinition(id, parsed.data, prompt);
    const contradictions = contradictionsIn(agent);
    return contradictions.length > 0 ? { ok: false, faults: contradictions } : { ok: true, agent };
  }
}

function readYaml(text: string): { readonly value: unknown } | { readonly fault: string } {
  if (Buffer.byteLength(text) > LONGEST_FRONTMATTER) {
    return { fault: `must have at most ${LONGEST_FRONTMATTER} bytes before the prompt` };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  // Counted as in the file, whose first line is ---.
  if (error)
    return { fault: `is no valid YAML in line ${lines.linePos(error.pos[0]).line + 1}: ${error.message}` };
  try {
    return { value: document.toJS({ maxAliasCount: 0 }) as unknown };
  } catch {
    return { fault: 'must not use aliases (*name) in its YAML' };
  }
}

/** YAML can escape what the file itself may not hold. */
const holdsEscapedFault = (value: unknown): boolean =>
  JSON.stringify(storableJson(value as JsonValue)) !== JSON.stringify(value);

function promptFaults(prompt: string): FieldFault[] {
  if (!isVisible(prompt)) return [{ field: 'prompt', message: 'must stand behind the second line of ---' }];
  if (Buffer.byteLength(prompt) <= LONGEST_PROMPT) return [];
  return [{ field: 'prompt', message: `must have at most ${LONGEST_PROMPT} bytes` }];
}

const faultsOf = (issue: z.core.$ZodIssue): FieldFault[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ field: key, message: `is no field; there are ${FIELDS}` }))
    : [{ field: issue.path.join('.') || 'definition', message: issue.message }];

const FIELDS = Object.keys(FRONTMATTER.shape).join(', ');

const fits = (globs: readonly string[], name: ToolName): boolean => globs.some((each) => matches(each, name));

function toDefinition(id: string, given: z.infer<typeof FRONTMATTER>, prompt: string): AgentDefinition {
  const named = given.tools ? TOOLS.filter((name) => fits(given.tools!, name)) : USUAL_TOOLS;
  return {
    id,
    name: given.name ?? nameFrom(id),
    description: given.description,
    prompt,
    tools: [
      ...named.filter((name) => !fits(given.disallowed_tools, name)),
      ...(given.tools ?? []).filter(isOfClients),
    ],
    limits: DEFAULT_LIMITS,
    mode: given.mode,
    takesSubtasks: given.takes_subtasks ?? (given.mode === 'subagent' || given.mode === 'all'),
    ...(given.disallowed_tools.some(isOfClients) && {
      disallowedTools: given.disallowed_tools.filter(isOfClients),
    }),
    ...(given.write_paths && { writePaths: given.write_paths }),
    ...(given.model !== undefined && { model: given.model }),
    ...(given.reasoning_effort !== undefined && { reasoningEffort: given.reasoning_effort }),
    ...(given.temperature !== undefined && { temperature: given.temperature }),
    ...(given.hand_over_to && { handOverTo: given.hand_over_to }),
    ...(given.max_model_calls !== undefined && { maxModelCalls: given.max_model_calls }),
  };
}

/** `code-reviewer` is shown as “Code reviewer”. */
function nameFrom(id: string): string {
  const words = id.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function contradictionsIn({ mode, takesSubtasks, handOverTo = [], tools }: AgentDefinition): FieldFault[] {
  const faults: FieldFault[] = [];
  if (takesSubtasks && mode === 'background') {
    faults.push({ field: 'takes_subtasks', message: 'is not for an agent with the mode background' });
  }
  if (handOverTo.length > 0 && !tools.includes('switch_agent')) {
    faults.push({ field: 'hand_over_to', message: 'needs switch_agent among the tools' });
  }
  return faults;
}

const refused = (field: string, message: string): ReadDefinition => ({
  ok: false,
  faults: [{ field, message }],
});
