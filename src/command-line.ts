import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

const HELP = { help: { type: 'boolean', short: 'h' } } as const;

/**
 * Reads the arguments of this process. Ends it after `--help`, which prints the usage, and after arguments that it does
 * not know, which are told before the usage.
 */
export function readCommandLine<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
  { allowPositionals = false } = {},
) {
  try {
    const line = parseArgs({ options: { ...options, ...HELP }, allowPositionals });
    if (!('help' in line.values)) return line;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    refuseCommandLine(`${(error as Error).message}\n${usage}`);
  }
}

/** Ends the process: its arguments make no command. */
export function refuseCommandLine(reason: string): never {
  console.error(reason);
  process.exit(1);
}
