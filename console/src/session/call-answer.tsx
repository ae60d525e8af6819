import { displayIn } from '@agent-runtime/client/edit';
import type { ShownMessage } from '@agent-runtime/client';
import { Images } from '../attachments/attached-list.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { visible } from '../ui/visible.ts';

interface Output {
  readonly exit_code: number | null;
  readonly stdout?: string;
  readonly stderr?: string;
}

type Answer = Pick<ShownMessage, 'text' | 'display' | 'attachments'>;

/** What a tool has answered: of a command its output and exit code, and the images that came along. */
export function CallAnswer({ name, answer }: { name: string; answer: Answer }) {
  return (
    <>
      <Images attached={answer.attachments} />
      <Text name={name} answer={answer} />
    </>
  );
}

function Text({ name, answer: { text, display } }: { name: string; answer: Answer }) {
  const shown = displayIn(display);
  const output: Output | undefined =
    shown?.type === 'output'
      ? { exit_code: shown.exit_code, stdout: shown.text }
      : name === 'execute_command'
        ? outputOf(text)
        : undefined;
  if (!output) {
    return text ? (
      <CodeBlock text={visible(text)} />
    ) : (
      <p className="text-xs text-faint">It answered nothing.</p>
    );
  }
  const { exit_code: code, stdout, stderr } = output;
  return (
    <div className="space-y-2">
      {stdout && <CodeBlock text={visible(stdout)} />}
      {stderr && (
        <div className="[&_pre]:text-bad">
          <CodeBlock text={visible(stderr)} />
        </div>
      )}
      {code !== null && (
        <p className={`text-xs ${code === 0 ? 'text-faint' : 'text-bad'}`}>exit code {code}</p>
      )}
    </div>
  );
}

function outputOf(text: string): Output | undefined {
  try {
    const output = JSON.parse(text.split('\n\n(')[0] ?? '') as { exit_code?: unknown };
    return typeof output?.exit_code === 'number' ? (output as Output) : undefined;
  } catch {
    return undefined; // an IDE may answer in words
  }
}
