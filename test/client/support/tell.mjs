/**
 * What a plugin would be, in plain JavaScript on any Node: tells a story and prints each event that it sees, then the
 * outcome. `node tell.mjs URL TASK`, in a folder in which the library is installed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [url, content] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), 'plugin.js'));
const { AgentRuntime } = await import(pathToFileURL(require.resolve('@agent-runtime/client')).href);

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const runtime = new AgentRuntime({ url });
// With a title of its own: one that a model makes is told of outside the run.
const session = await runtime.sessions.create({ title: 'A story' });
const outcome = await runtime.ask(session.id, content, {
  onUnknownTool: (_, { call }) => {
    print({ executed: call.call_id });
    return `did ${call.tool_name} ${JSON.stringify(call.arguments)}`;
  },
  onApproval: () => ({ decision: 'approve' }),
  onPlan: () => ({ decision: 'approve' }),
  onEvent: (event) => print({ event }),
});
print({ session: session.id, outcome });
