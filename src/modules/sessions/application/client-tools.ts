import { InputInvalid } from '../../../shared/domain/domain-error.js';
import { ClientTools, IDE_TOOLS, isExecutable } from '../../agents/index.js';

/** What a client says of the tools that it executes; undefined = nothing new. */
export interface SaidTools {
  /** Null = those of the first release. */
  readonly builtinTools: readonly string[] | null | undefined;
  readonly fileHashes: boolean | undefined;
}

/** What the client executes, after what it said. @throws InputInvalid for a tool that needs hashes, without them */
export function clientTools(before: ClientTools, said: SaidTools): ClientTools {
  const tools = {
    builtinTools: said.builtinTools === undefined ? before.builtinTools : said.builtinTools,
    fileHashes: said.fileHashes ?? before.fileHashes,
  };
  const named = IDE_TOOLS.filter((tool) => tools.builtinTools?.includes(tool));
  const impossible = named.find((tool) => !isExecutable(tools, tool));
  if (impossible === undefined) return tools;
  throw new InputInvalid([
    { field: 'file_hashes', message: `must be true with ${impossible} among builtin_tools` },
  ]);
}
