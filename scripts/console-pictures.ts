/**
 * Makes the pictures of docs/console.md: what the built server shows of three sessions with the offline model.
 * It needs a build and Chromium (`CHROMIUM_PATH`).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium } from 'playwright-core';
import { AgentRuntime, type SetWorkspace, type Tools } from '../packages/client/src/index.ts';

const FOLDER = 'docs/console';
const SIZE = { width: 1320, height: 870 };

const GREET = 'export const greet = () => "Hello";\n';
const WORKSPACE: SetWorkspace = {
  name: 'greeter',
  roots: [{ name: 'greeter', path: '/home/ada/greeter' }],
  git: { branch: 'main' },
  instructions: [{ path: 'AGENTS.md', content: 'Indent with tabs.\n' }],
};

const tools: Tools = {
  list_files: () => ['README.md', 'src/greet.js'],
  search_in_code: () => [],
  read_file: ({ path }) => (path.endsWith('.js') ? GREET : '# A greeting tool\n'),
};

const data = mkdtempSync(join(tmpdir(), 'agent-runtime-pictures-'));
const server = spawn(process.execPath, ['dist/src/main.js'], {
  env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: join(data, 'data'), LOG_FORMAT: 'json' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let browser: Browser | undefined;
try {
  const url = await addressOf();
  const paths = await stories(new AgentRuntime({ url }));
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage({ viewport: SIZE });
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(`${url}/console${path}`, { waitUntil: 'load' });
    await page.getByRole('button', { name: 'Approve' }).first().waitFor();
    if (path.startsWith('/sessions/')) {
      await page.getByText('live', { exact: true }).waitFor();
      await page.getByRole('meter').waitFor();
    }
    await page.screenshot({ path: `${FOLDER}/${name}.png`, animations: 'disabled' });
  }
} finally {
  await browser?.close();
  server.kill();
  await new Promise((ended) => server.once('exit', ended));
  rmSync(data, { recursive: true });
}

async function addressOf(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /Swagger UI at (http:\/\/[^/]+)\/docs/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('The server has not started');
}

/** Says things, and stops where a user is asked. */
async function stories(runtime: AgentRuntime): Promise<Record<string, string>> {
  const asked = async (task: string) => {
    const session = await runtime.sessions.create();
    await runtime.sessions.setWorkspace(session.id, WORKSPACE);
    const { run } = await runtime.sessions.send(session.id, {
      ...{ type: 'user_message', content: task },
      attachments: [{ type: 'file', path: 'src/greet.js', content: GREET }],
    });
    const lending = runtime.lend(session.id, { tools });
    for await (const { type } of runtime.runs.events(run!.id)) {
      if (type === 'approval.requested' || type === 'plan.approval_required') break;
    }
    await lending.close();
    const [approval] = await runtime.sessions.approvals(session.id, { status: 'pending' }).all();
    return { session, approval: approval! };
  };
  const write = await asked('Add a greeting to src/greet.js');
  const plan = await asked(
    'Plan and build a small greeting tool: src/greet.js that exports the text "Hi", and src/hello.js that prints it',
  );
  return {
    session: `/sessions/${write.session.id}`,
    inbox: '/',
    plan: `/plans/${plan.approval.plan_id}`,
  };
}
