import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject, canonicalJson } from '../../../shared/domain/json.js';
import { isClientTool } from '../../../shared/domain/tool-source.js';
import { matchesGlob } from '../../../shared/domain/wildcards.js';
import { plainPath } from '../../../shared/domain/workspace-path.js';
import { fitsCommandPattern, suggestedCommandPattern } from './command-pattern.js';

/** Which calls of a tool need no further approval. Empty = the approved command or path, word for word, or any call of other tools and those of clients. */
export interface RememberWhen {
  /** Whole words; `*` at the end stands for any further ones. */
  readonly command?: string | undefined;
  /** A glob: `*` and `?` within a name, `**` for any folders. */
  readonly path?: string | undefined;
}

/** What the API takes. */
const LONGEST_PATTERN = 1000;

/** The pattern of `remember: true`. */
export const WORD_FOR_WORD: RememberWhen = {};

export const isWordForWord = ({ command, path }: RememberWhen): boolean =>
  command === undefined && path === undefined;

/** What an approval allows from then on. An older version meant the whole tool: that is narrowed to what was approved. */
export const rememberedBy = ({
  remember,
  rememberWhen,
}: {
  readonly remember: boolean;
  readonly rememberWhen: RememberWhen | null;
}): RememberWhen | null => rememberWhen ?? (remember ? WORD_FOR_WORD : null);

/** A call, or the part of it that is remembered: the command with its folder, or the paths. */
export interface ToolUse {
  /** A tool that a client declares is `client:` and its name. */
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** What a person has allowed for the rest of a session. */
export interface Permission {
  /** That of the approval that it was given with. */
  readonly id: string;
  readonly when: RememberWhen;
  /** What was approved. */
  readonly approved: ToolUse;
  readonly grantedBy: string;
  readonly grantedAt: Date;
}

/** Arguments that name what a tool reads or changes. */
const PATHS = ['path', 'to'] as const;

/** The arguments that a permission is about. */
export const REMEMBERED_ARGUMENTS: readonly string[] = ['command', 'cwd', ...PATHS];

const textOf = ({ arguments: given }: ToolUse, name: string): string | undefined => {
  const value = given[name];
  return typeof value === 'string' ? value : undefined;
};

export const commandOf = (use: ToolUse): string | undefined => textOf(use, 'command');

/** The folder that a command runs in. */
export const folderOf = (use: ToolUse): string => plainPath(textOf(use, 'cwd') ?? '.');

export const pathsOf = (use: ToolUse): string[] =>
  PATHS.flatMap((name) => textOf(use, name) ?? []).map(plainPath);

/** Whether a call needs no approval because of what was allowed before. */
export function covers({ when, approved }: Permission, use: ToolUse): boolean {
  if (use.tool !== approved.tool) return false;
  // What its arguments mean is known to its client only.
  if (isClientTool(use.tool)) return isWordForWord(when);
  if (!isWordForWord(when)) return fitsPattern(when, approved, use);
  if (commandOf(use) !== undefined)
    return commandOf(use) === commandOf(approved) && isInSameFolder(use, approved);
  return pathsOf(approved).length === 0 || canonicalJson(pathsOf(use)) === canonicalJson(pathsOf(approved));
}

/** Whether a pattern fits a call; one of a command fits in the folder of the approved one only. */
export function fitsPattern(when: RememberWhen, approved: ToolUse, use: ToolUse): boolean {
  const { command: pattern, path: glob } = when;
  const command = commandOf(use);
  const paths = pathsOf(use);
  if (pattern !== undefined) {
    return command !== undefined && fitsCommandPattern(pattern, command) && isInSameFolder(use, approved);
  }
  return (
    glob !== undefined &&
    command === undefined &&
    paths.length > 0 &&
    paths.every((path) => matchesGlob(plainPath(glob), path))
  );
}

const isInSameFolder = (one: ToolUse, other: ToolUse): boolean => folderOf(one) === folderOf(other);

/** Why a pattern cannot be remembered with the approval of a call; undefined if it can. */
export function patternFault(when: RememberWhen, use: ToolUse): FieldFault | undefined {
  const field = `remember_when.${when.command === undefined ? 'path' : 'command'}`;
  if (isClientTool(use.tool)) {
    return {
      field,
      message: 'does not go with a tool that a client declares: remember is for all its calls',
    };
  }
  if (fitsPattern(when, use, use)) return undefined;
  const message =
    when.command === undefined
      ? 'must be a glob that fits the path of this call'
      : 'must fit the command of this call by whole words of A-Z a-z 0-9 _ . / : @ = , + -, with * at most at its end';
  return { field, message };
}

/** Patterns that may be offered to the person who is asked about a call. */
export function suggestionsFor(use: ToolUse): RememberWhen[] {
  if (isClientTool(use.tool)) return [];
  const command = commandOf(use);
  if (command !== undefined) {
    const pattern = suggestedCommandPattern(command);
    return pattern === undefined ? [] : [{ command: pattern }];
  }
  const folders = new Set(pathsOf(use).map((path) => path.split('/').slice(0, -1).join('/')));
  const [folder] = folders;
  const pattern = `${folder}/**`;
  return folder && folders.size === 1 && pattern.length <= LONGEST_PATTERN ? [{ path: pattern }] : [];
}
