import type { Approval } from '@agent-runtime/client';
import { type Ref, useId, useImperativeHandle, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { HandIcon } from '../ui/icons.tsx';
import { TimeLeft } from '../ui/time.tsx';
import { visible } from '../ui/visible.ts';
import { AlwaysWhen } from './always-when.tsx';
import { DeclaredToolNote } from './declared-tool.tsx';
import { CallDetails } from './call-details.tsx';
import { EditArguments } from './edit-arguments.tsx';
import { RejectForm } from './reject-form.tsx';
import { useDeclaredTool } from './use-declared-tool.ts';
import { useDecision } from './use-decision.ts';

/** What keys of the inbox do to a card. */
export interface CardActions {
  approve(): void;
  edit(): void;
  reject(): void;
}

interface Props {
  approval: Approval;
  before?: (path: string, callId: string) => string | undefined;
  actions?: Ref<CardActions>;
}

/** A question about a tool call, and its decision. */
export function ApprovalCard({ approval, before, actions }: Props) {
  const [mode, setMode] = useState<'ask' | 'edit' | 'reject'>('ask');
  const decision = useDecision(approval.id);
  const title = useId();
  const tool = useDeclaredTool(approval.session_id, approval.tool_name ?? '');
  // Whether a call may be executed again: it cannot be changed for that, nor allowed for good.
  const isRepeat = approval.attempt !== undefined;
  const { subject, reason, tool_name: name = '', call_id: callId = '', arguments: args = {} } = approval;
  const approve = () => !decision.isPending && decision.mutate({ decision: 'approve' });
  useImperativeHandle(actions, () => ({
    approve,
    edit: () => !isRepeat && setMode('edit'),
    reject: () => setMode('reject'),
  }));

  return (
    <div
      role="group"
      aria-labelledby={title}
      data-approval={approval.id}
      className="overflow-hidden rounded-xl border border-wait-line bg-panel"
    >
      <div className="flex items-start gap-2.5 bg-wait-wash px-3.5 py-2.5">
        <HandIcon className="mt-0.5 size-4 text-wait" />
        <div className="min-w-0 flex-1">
          <h2 id={title} className="font-medium wrap-anywhere">
            {visible(subject)}
          </h2>
          <p className="text-xs text-soft wrap-anywhere">{visible(reason)}</p>
        </div>
        <span className="shrink-0 text-xs text-soft tabular-nums">
          <TimeLeft until={approval.expires_at} />
        </span>
      </div>
      <div className="space-y-3 p-3.5">
        {tool && <DeclaredToolNote tool={tool} />}
        {mode === 'edit' ? (
          <EditArguments
            args={args}
            isPending={decision.isPending}
            onCancel={() => setMode('ask')}
            onSave={(edited) => decision.mutate({ decision: 'edit', modified_arguments: edited })}
          />
        ) : (
          <CallDetails name={name} args={args} callId={callId} before={before} />
        )}
        {mode === 'reject' && (
          <RejectForm
            isPending={decision.isPending}
            onCancel={() => setMode('ask')}
            onReject={(feedback) => decision.mutate({ decision: 'reject', ...(feedback && { feedback }) })}
          />
        )}
        <Fault error={decision.error} />
        {mode === 'ask' && (
          <div className="flex flex-wrap gap-2">
            <Button kind="primary" disabled={decision.isPending} onClick={approve}>
              Approve
            </Button>
            {!isRepeat && (
              <>
                <Button
                  disabled={decision.isPending}
                  title="The same command or path is not asked about again in this session"
                  onClick={() => decision.mutate({ decision: 'approve', remember: true })}
                >
                  Always in this session
                </Button>
                <Button disabled={decision.isPending} onClick={() => setMode('edit')}>
                  Edit
                </Button>
              </>
            )}
            <Button kind="danger" disabled={decision.isPending} onClick={() => setMode('reject')}>
              Reject
            </Button>
          </div>
        )}
        {mode === 'ask' && (
          <AlwaysWhen
            suggestions={approval.suggestions ?? []}
            disabled={decision.isPending}
            onChoose={(pattern) => decision.mutate({ decision: 'approve', remember_when: pattern })}
          />
        )}
      </div>
    </div>
  );
}
