import type { ShownMessage } from '@agent-runtime/client';
import { memo } from 'react';
import { AttachedList } from '../attachments/attached-list.tsx';
import { PlanCard } from '../plan/plan-card.tsx';
import { ChevronIcon } from '../ui/icons.tsx';
import { Markdown } from '../ui/markdown.tsx';
import { DraftedCall } from './drafted-call.tsx';
import { ToolCallLine } from './tool-call-line.tsx';
import type { CallRecords } from './use-call-records.ts';

interface Props {
  message: ShownMessage;
  records: CallRecords;
  isFirstOfSpeaker: boolean;
}

/** Drawn again only where the message or the records of its own calls have changed. */
export const MessageRow = memo(Row, (a, b) => {
  if (a.message !== b.message || a.isFirstOfSpeaker !== b.isFirstOfSpeaker) return false;
  if (a.records === b.records) return true;
  return (
    a.message.toolCalls.every(
      ({ call_id: id }) =>
        a.records.statuses.get(id) === b.records.statuses.get(id) &&
        a.records.claims.get(id) === b.records.claims.get(id) &&
        a.records.answers.get(id) === b.records.answers.get(id) &&
        a.records.approvals.get(id) === b.records.approvals.get(id),
    ) &&
    (a.records.plans === b.records.plans || !makesPlan(a.message))
  );
});

const makesPlan = ({ toolCalls }: ShownMessage) =>
  toolCalls.some(({ tool_name: name }) => name === 'create_plan');

function Row({ message, records, isFirstOfSpeaker }: Props) {
  const { role, text, agent, reasoning, isComplete, hasGap, finishReason, toolCalls, drafts, attachments } =
    message;
  if (role === 'user') {
    return (
      <article className="row mt-7 flex flex-col items-end gap-1.5 first:mt-0" data-message={message.id}>
        {attachments.length > 0 && (
          <div className="flex max-w-[85%] min-w-0 flex-col items-end gap-1.5 [--side:end]">
            <AttachedList attached={attachments} />
          </div>
        )}
        <div className="max-w-[85%] rounded-2xl rounded-br-md bg-sunken px-4 py-2.5 whitespace-pre-wrap wrap-anywhere">
          <span className="sr-only">You said: </span>
          {text}
        </div>
      </article>
    );
  }
  // It only calls tools: their lines go on with those before.
  const isSilent = isComplete && text === '' && !reasoning;
  return (
    <article
      className={`row ${isFirstOfSpeaker ? 'mt-7' : isSilent ? 'mt-1.5' : 'mt-3'}`}
      data-message={message.id}
    >
      {isFirstOfSpeaker && agent && (
        <p className="mb-1 text-xs font-medium text-faint">{role === 'system' ? 'The runtime' : agent}</p>
      )}
      {reasoning && <Reasoning text={reasoning} isOver={text !== '' || isComplete} />}
      {text && (
        <div data-text={message.id}>
          <Markdown text={text} />
        </div>
      )}
      {drafts.length > 0 && (
        <div className="mt-2 space-y-1.5">
          {drafts.map(({ call_id: id, tool_name: name }) => (
            <DraftedCall key={id} name={name} />
          ))}
        </div>
      )}
      {!isComplete && drafts.length === 0 && (
        <span
          aria-hidden="true"
          className="mt-1 inline-block h-4 w-2 animate-[breathe_1s_infinite] rounded-xs bg-accent"
        />
      )}
      {hasGap && (
        <p className="mt-2 text-xs text-faint">Some words are missing until the answer is complete.</p>
      )}
      {isComplete && finishReason && <Cut reason={finishReason} />}
      {toolCalls.length > 0 && (
        <div className={`space-y-1.5 ${isSilent ? '' : 'mt-2'}`}>
          {toolCalls.map((call) =>
            call.tool_name === 'create_plan' ? (
              <PlanCard key={call.call_id} call={call} message={message} records={records} />
            ) : (
              <ToolCallLine key={call.call_id} call={call} records={records} />
            ),
          )}
        </div>
      )}
    </article>
  );
}

function Reasoning({ text, isOver }: { text: string; isOver: boolean }) {
  return (
    <details className="mb-2 text-soft">
      <summary className="inline-flex items-center gap-1 rounded text-xs text-faint hover:text-ink">
        <ChevronIcon className="size-3 chevron" />
        {isOver ? 'Thought' : 'Thinking…'}
      </summary>
      <div className="mt-1 border-l-2 border-line pl-3 text-[13px] whitespace-pre-wrap wrap-anywhere">
        {text}
      </div>
    </details>
  );
}

const CUTS: Readonly<Record<string, string>> = {
  length: 'The answer was cut off by the limit of the model.',
  content_filter: 'The answer was cut off by a filter of the provider.',
  interrupted: 'The answer was interrupted when the server was stopped.',
  cancelled: 'You stopped the answer here.',
};

function Cut({ reason }: { reason: string }) {
  const words = CUTS[reason];
  return words ? <p className="mt-2 text-xs text-wait">{words}</p> : null;
}
