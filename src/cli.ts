import { VERSION } from './shared/infrastructure/version.js';

/** A file that reads the rest of the command line by itself. */
interface Command {
  readonly summary: string;
  readonly start: () => Promise<unknown>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { summary: 'the server: API, web console and jobs', start: () => import('./main.js') },
  worker: { summary: 'a process that executes jobs only', start: () => import('./worker.js') },
  acp: {
    summary: 'a bridge for editors that speak the Agent Client Protocol',
    start: () => import('./acp-cli.js'),
  },
  hands: {
    summary: 'executes in a folder what agents call, for a task or for other clients',
    start: () => import('./hands-cli.js'),
  },
  console: {
    summary: 'opens the web console in a browser',
    start: () => import('./console-cli.js'),
  },
  migrate: {
    summary: 'creates or updates the tables of the database',
    start: () => import('./migrate-cli.js'),
  },
  keys: { summary: 'creates, lists and revokes keys of users', start: () => import('./keys-cli.js') },
};

const USAGE = `usage: agent-runtime COMMAND [OPTION…]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`)
  .join('\n')}

agent-runtime COMMAND --help explains a command; --version prints the version.
Settings are environment variables: see docs/settings.md.`;

const name = process.argv[2] ?? '';
if (['--help', '-h', 'help'].includes(name)) console.log(USAGE);
else if (name === '--version') console.log(VERSION);
else if (Object.hasOwn(COMMANDS, name)) {
  // The command finds its own arguments where it would find them if its file had been started.
  process.argv.splice(2, 1);
  await COMMANDS[name]!.start();
} else {
  const fault = name === '' ? 'A command is missing' : `There is no command ${name}`;
  console.error(`${fault}\n\n${USAGE}`);
  process.exitCode = 1;
}
