/**
 * An MCP server on standard input and output. It leaves its process id and that of a process of its own in the file
 * `started`. `silent` = it never answers; `bare` = it has no tools; `stubborn` = it ends neither with its input nor by SIGTERM.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { McpAnswers, type Message } from './mcp-answers.ts';

const [, , behaviour] = process.argv;
const child = spawn('sleep', ['60'], { stdio: 'ignore' });
appendFileSync('started', `${process.pid} ${child.pid}\n`);
if (behaviour === 'stubborn') {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 60_000);
} else child.unref();

const answers = new McpAnswers(
  (message) => process.stdout.write(`${JSON.stringify(message)}\n`),
  '.',
  behaviour === 'bare' ? {} : undefined,
);
createInterface({ input: process.stdin }).on('line', (line) => {
  if (behaviour !== 'silent') answers.take(JSON.parse(line) as Message);
});
