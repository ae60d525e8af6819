import { displayIn } from '@agent-runtime/client/edit';
import type { ShownMessage } from '@agent-runtime/client';
import { useState } from 'react';
import { ApprovalCard } from '../approvals/approval-card.tsx';
import { CallDetails } from '../approvals/call-details.tsx';
import { DeclaredToolNote } from '../approvals/declared-tool.tsx';
import { describeCall } from '../approvals/describe-call.ts';
import { useDeclaredTool } from '../approvals/use-declared-tool.ts';
import { runtime } from '../app/runtime.ts';
import { Diff } from '../ui/diff.tsx';
import { ChevronIcon } from '../ui/icons.tsx';
import { visible } from '../ui/visible.ts';
import { AnswerByHand, AnswerForm, BY_HAND } from './answer-by-hand.tsx';
import { CallAnswer } from './call-answer.tsx';
import type { CallStatus } from './session-calls.ts';
import type { CallRecords } from './use-call-records.ts';

type Call = ShownMessage['toolCalls'][number];

const WORDS: Readonly<Record<CallStatus, { text: string; look: string }>> = {
  waits_for_you: { text: 'waits for you', look: 'text-wait' },
  requested: { text: 'waits for an IDE', look: 'text-wait' },
  completed: { text: 'done', look: 'text-good' },
  failed: { text: 'failed', look: 'text-bad' },
  rejected: { text: 'rejected', look: 'text-bad' },
  expired: { text: 'expired', look: 'text-bad' },
  cancelled: { text: 'cancelled', look: 'text-faint' },
};

/** One line that opens to what was asked and answered; a question to the user is open, with its decision. */
export function ToolCallLine({ call, records }: { call: Call; records: CallRecords }) {
  const { call_id: id, tool_name: name } = call;
  const [isOpen, setIsOpen] = useState(false);
  const tool = useDeclaredTool(records.sessionId, name);
  const approval = records.approvals.get(id);
  if (approval?.status === 'pending') {
    return (
      <div className="my-3">
        <ApprovalCard approval={approval} before={records.before} />
      </div>
    );
  }

  const status = records.statuses.get(id);
  const answer = records.answers.get(id);
  const display = displayIn(answer?.display);
  const holder = records.claims.get(id);
  const args = approval?.modified_arguments ?? call.arguments;
  const { Icon, verb, object } = describeCall(name, args);
  const words = status === 'requested' && holder ? wordsFor(holder) : status && WORDS[status];
  // A list says by itself what is done.
  const isPlain = name === 'update_todos' && status === 'completed';
  return (
    <details
      className="rounded-lg border border-line bg-panel"
      data-call={id}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary className="flex items-center gap-2.5 rounded-lg px-3 py-1.5 hover:bg-sunken">
        <Icon className="size-4 text-faint" />
        <span className="max-w-[60%] truncate text-soft">{verb}</span>
        <code className="min-w-0 flex-1 truncate font-mono text-xs">{object}</code>
        {words && !isPlain && <span className={`text-xs whitespace-nowrap ${words.look}`}>{words.text}</span>}
        <ChevronIcon className="size-3.5 text-faint chevron" />
      </summary>
      {isOpen && (
        <div className="space-y-3 border-t border-line px-3 py-3">
          {tool && <DeclaredToolNote tool={tool} />}
          {display?.type === 'diff' ? (
            <Diff
              before={display.old_text ?? ''}
              after={display.new_text}
              from={display.line}
              label={`What has changed in ${visible(display.path)}`}
            />
          ) : (
            <CallDetails name={name} args={args} callId={id} before={records.before} />
          )}
          {approval?.decided_by && (
            <p className="text-xs text-faint wrap-anywhere">
              {approval.decision === 'edit' ? 'Edited and allowed' : approval.status} by {approval.decided_by}
              {approval.feedback && <>: “{approval.feedback}”</>}
            </p>
          )}
          {answer && <CallAnswer name={name} answer={answer} />}
          {status === 'requested' && <Executes sessionId={records.sessionId} callId={id} holder={holder} />}
        </div>
      )}
    </details>
  );
}

const wordsFor = (holder: string) =>
  holder === BY_HAND
    ? { text: 'waits for your answer', look: 'text-wait' }
    : { text: holder === runtime.clientId ? 'running' : 'runs elsewhere', look: 'text-accent' };

/** Who executes a call that is open: the user, where no client does. */
function Executes({
  sessionId,
  callId,
  holder,
}: {
  sessionId: string;
  callId: string;
  holder: string | undefined;
}) {
  if (holder === BY_HAND) return <AnswerForm sessionId={sessionId} callId={callId} />;
  if (holder === undefined) {
    return (
      <>
        <p className="text-xs text-faint">
          An IDE executes it. Lend a folder with the button above, or connect one by the client library.
        </p>
        <AnswerByHand callId={callId} />
      </>
    );
  }
  return (
    <p className="text-xs text-faint wrap-anywhere">
      {holder === runtime.clientId ? (
        'This page executes it, in the folder that you have lent.'
      ) : (
        <>
          Another client executes it: <code className="font-mono">{visible(holder)}</code>
        </>
      )}
    </p>
  );
}
