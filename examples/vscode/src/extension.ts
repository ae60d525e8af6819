/**
 * A chat participant: a message to `@runtime` goes to a session of the workspace, whose agents read and write the files of
 * the workspace. The key is in the secret storage; the session and the journal of calls are in the workspace's state.
 */
import {
  AgentRuntime,
  type CallApproval,
  type CallDecision,
  type Journal,
  type Plan,
  type StayOptions,
  type Tools,
  Transcript,
} from '@agent-runtime/client';
import * as vscode from 'vscode';

const KEY = 'agentRuntime.key';
const SESSION = 'agentRuntime.session';
const CALLS = 'agentRuntime.calls';
const KEPT_CALLS = 500;

export function activate(context: vscode.ExtensionContext): void {
  const { secrets, workspaceState } = context;
  const closing = new AbortController();

  const runtime = new AgentRuntime({
    url: vscode.workspace.getConfiguration('agentRuntime').get('url', 'http://127.0.0.1:3000'),
    token: async () => secrets.get(KEY),
    signal: closing.signal,
  });

  /** Survives a restart of the editor: no execution is begun twice. */
  const journal: Journal = {
    has: (callId) => workspaceState.get<string[]>(CALLS, []).includes(callId),
    add: (callId) =>
      workspaceState.update(CALLS, [...workspaceState.get<string[]>(CALLS, []), callId].slice(-KEPT_CALLS)),
  };

  const sessionOf = async (): Promise<string> => {
    const known = workspaceState.get<string>(SESSION);
    if (known) return known;
    const { id } = await runtime.sessions.create({ title: vscode.workspace.name ?? 'VS Code' });
    await workspaceState.update(SESSION, id);
    return id;
  };

  const answer: vscode.ChatRequestHandler = async (request, _, stream, cancellation) => {
    const leaving = new AbortController();
    cancellation.onCancellationRequested(() => leaving.abort());
    const transcript = new Transcript();
    const hands: StayOptions = {
      tools,
      journal,
      signal: leaving.signal,
      onApproval: (approval, { signal }) => decideOnCall(approval, signal),
      onPlan: (plan, { signal }) => decideOnPlan(plan, stream, signal),
      onEvent: (event) => {
        const change = transcript.apply(event);
        if (change?.message.role === 'assistant') stream.markdown(change.added);
        if (event.type === 'tool_call.requested') stream.progress(event.data.tool_name);
        if (event.type === 'agent.switched') stream.progress(`${event.data.to} takes over`);
      },
    };
    try {
      const sessionId = await sessionOf();
      // What was left when the editor was closed comes first.
      await runtime.resume(sessionId, hands);
      const outcome = await runtime.ask(sessionId, request.prompt, hands);
      if (outcome.error) stream.markdown(`\n\n**${outcome.status}**: ${outcome.error.message}`);
    } catch (error) {
      if (!cancellation.isCancellationRequested) throw error;
    }
  };

  context.subscriptions.push(
    vscode.chat.createChatParticipant('agent-runtime.chat', answer),
    vscode.commands.registerCommand('agentRuntime.setKey', async () => {
      const key = await vscode.window.showInputBox({
        prompt: 'API key of the agent runtime',
        password: true,
      });
      if (key !== undefined) await secrets.store(KEY, key);
    }),
    { dispose: () => closing.abort() },
  );
}

/** Files only: what runs commands is left to a client that has a terminal. */
const tools: Tools = {
  read_file: async ({ path, start_line: from = 1, end_line: to }) => {
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(await inWorkspace(path)));
    return text
      .split('\n')
      .slice(from - 1, to)
      .join('\n');
  },
  write_file: async ({ path, content }) => {
    await vscode.workspace.fs.writeFile(await inWorkspace(path), new TextEncoder().encode(content));
    return `Wrote ${path}`;
  },
  list_files: async ({ path }) => {
    const entries = await vscode.workspace.fs.readDirectory(await inWorkspace(path));
    return entries
      .map(([name, type]) => (type & vscode.FileType.Directory ? `${name}/` : name))
      .toSorted()
      .join('\n');
  },
  create_directory: async ({ path }) => {
    await vscode.workspace.fs.createDirectory(await inWorkspace(path));
    return `Made ${path}`;
  },
};

/** Links could lead out of the workspace; none is followed. */
async function inWorkspace(path: string): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error('No folder is open');
  let uri = folder.uri;
  for (const name of path.split('/').filter((part) => part !== '.')) {
    if (name === '..') throw new Error(`${path} leads out of the workspace`);
    uri = vscode.Uri.joinPath(uri, name);
    if ((await typeOf(uri)) & vscode.FileType.SymbolicLink) throw new Error(`${path} leads through a link`);
  }
  return uri;
}

async function typeOf(uri: vscode.Uri): Promise<vscode.FileType> {
  try {
    return (await vscode.workspace.fs.stat(uri)).type;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound')
      return vscode.FileType.Unknown;
    throw error;
  }
}

/** @returns undefined where the question was closed: it stays open for another client */
async function decideOnCall(approval: CallApproval, signal: AbortSignal): Promise<CallDecision | undefined> {
  const detail = `${approval.reason}\n\n${JSON.stringify(approval.arguments, null, 2)}`;
  const choice = await ask(approval.subject, detail, ['Allow', 'Always allow the same', 'Reject'], signal);
  if (choice === undefined) return undefined;
  if (choice === 'Reject') return { decision: 'reject' };
  return { decision: 'approve', remember: choice !== 'Allow' };
}

async function decideOnPlan(
  { title, description, subtasks }: Plan,
  stream: vscode.ChatResponseStream,
  signal: AbortSignal,
): Promise<{ decision: 'approve' | 'reject' } | undefined> {
  const steps = subtasks.map(({ position, title: step, agent }) => `${position}. ${step} (${agent})`);
  stream.markdown(`\n\n### ${title}\n\n${description}\n\n${steps.join('\n')}\n\n`);
  const choice = await ask(title, steps.join('\n'), ['Approve', 'Reject'], signal);
  return choice && { decision: choice === 'Approve' ? 'approve' : 'reject' };
}

/** VS Code cannot close a dialog; when the question was answered elsewhere, what is chosen in it counts no more. */
async function ask<Choice extends string>(
  message: string,
  detail: string,
  choices: readonly Choice[],
  signal: AbortSignal,
): Promise<Choice | undefined> {
  const choice = await vscode.window.showInformationMessage(message, { modal: true, detail }, ...choices);
  return signal.aborted ? undefined : choice;
}
