import type { Session } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from 'react';
import { AttachButtons } from '../attachments/attach-buttons.tsx';
import { attachFile } from '../attachments/attach-file.ts';
import { isPending, toSend } from '../attachments/draft-attachments.ts';
import { DraftList } from '../attachments/draft-list.tsx';
import { FilePicker } from '../attachments/file-picker.tsx';
import { useDraftAttachments } from '../attachments/use-draft-attachments.ts';
import { runtime } from '../app/runtime.ts';
import { useLent } from '../lend/use-lent.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Fault } from '../ui/fault.tsx';
import { SendIcon, StopIcon } from '../ui/icons.tsx';
import { AgentChoice } from './agent-choice.tsx';
import { ApprovalModeChoice } from './approval-mode-choice.tsx';
import { Archived } from './archived.tsx';
import { ComposerNotes } from './composer-notes.tsx';
import { ModelChoice } from './model-choice.tsx';
import type { Shown } from './session-store.ts';
import { useDraft } from './use-draft.ts';

type OnBusy = 'steer' | 'queue' | 'interrupt';

const WHEN: readonly { value: OnBusy; name: string }[] = [
  { value: 'steer', name: 'Tell it now' },
  { value: 'queue', name: 'After this run' },
  { value: 'interrupt', name: 'Instead of this run' },
];

/** The input field: Enter sends, Shift+Enter breaks the line, @ attaches a file of the lent folder. */
export function Composer({ session, run }: { session: Session; run: Shown['activeRun'] }) {
  const [text, setText] = useDraft(session.id);
  const { draft, list, refusal } = useDraftAttachments(session.id);
  const [agent, setAgent] = useState('auto');
  const [onBusy, setOnBusy] = useState<OnBusy>('steer');
  /** Where the user chooses a file: after an @ in the text, or by the button. */
  const [picking, setPicking] = useState<{ at: number | undefined }>();
  const field = useRef<HTMLTextAreaElement>(null);
  const lent = useLent();
  const folder = lent?.sessionId === session.id ? lent.folder : undefined;
  // A steering message cannot choose an agent and takes only text.
  const cannotSteer = agent !== 'auto' || list.length > 0;
  const choices = cannotSteer ? WHEN.filter(({ value }) => value !== 'steer') : WHEN;
  const when = choices.some(({ value }) => value === onBusy) ? onBusy : 'queue';
  const isReviewed = run?.waiting_for.some(({ kind }) => kind === 'plan_decision') ?? false;

  const send = useMutation({
    mutationFn: (content: string) =>
      runtime.sessions.send(session.id, {
        type: 'user_message',
        content,
        ...(list.length > 0 && { attachments: toSend(list) }),
        ...(agent !== 'auto' && { agent }),
        ...(run && { on_busy: when }),
      }),
    onSuccess: () => {
      setText('');
      draft.clear();
    },
    onError: (error) => draft.note(error),
  });
  const stop = useMutation({ mutationFn: (id: string) => runtime.runs.cancel(id) });

  const isWhole = !list.some((each) => isPending(each) || each.fault !== undefined);
  const isReady = text.trim() !== '' && isWhole && !send.isPending && session.archived_at === null;
  const submit = () => {
    if (isReady) send.mutate(text);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return; // Enter also ends the composition of a character
    const { selectionStart: at, selectionEnd: end } = event.currentTarget;
    if (event.key === '@' && folder && at === end && /(^|\s)$/.test(text.slice(0, at))) {
      event.preventDefault();
      setPicking({ at });
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    submit();
  };
  const onPaste = (event: ClipboardEvent) => {
    const { files, types } = event.clipboardData;
    // Programs copy a picture of their text beside it.
    if (files.length === 0 || types.includes('text/plain')) return;
    event.preventDefault();
    draft.addPictures([...files]);
  };
  const endPicking = (words: string) => {
    const at = picking?.at;
    setPicking(undefined);
    if (at !== undefined && words) setText(text.slice(0, at) + words + text.slice(at));
    const caret = (at ?? text.length) + (at === undefined ? 0 : words.length);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(caret, caret);
    });
  };
  const choose = (path: string) => {
    endPicking(`@${path} `);
    if (folder) {
      attachFile(draft, folder, path, session).catch(() => draft.refuse(`${path} cannot be read.`));
    }
  };
  if (session.archived_at) return <Archived id={session.id} />;

  return (
    <div className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-3 sm:px-6 sm:pb-4">
      <form
        className="relative rounded-2xl border border-line-strong bg-panel focus-within:border-accent"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {folder && picking && (
          <FilePicker
            folder={folder}
            onChoose={choose}
            onClose={(typed) => endPicking(picking.at === undefined ? '' : `@${typed}`)}
          />
        )}
        <DraftList list={list} onRemove={(key) => draft.remove(key)} />
        <textarea
          ref={field}
          aria-label="Message"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          rows={2}
          placeholder={
            list.length > 0
              ? 'What is to be done with it?'
              : run
                ? 'Say something more'
                : 'What shall be done?'
          }
          className="block max-h-60 min-h-14 w-full resize-none rounded-t-2xl bg-transparent px-4 pt-3 pb-1 outline-none [field-sizing:content] placeholder:text-faint"
        />
        <Fault error={refusal ?? send.error ?? stop.error} className="mx-3 mb-2" />
        <ComposerNotes
          session={session}
          list={list}
          notes={folder ? (lent?.notes ?? []) : []}
          isReviewed={isReviewed && text.trim() !== ''}
          isTurnedOff={
            run !== null && !isReviewed && list.length > 0 && onBusy === 'steer' && agent === 'auto'
          }
        />
        <div className="flex flex-wrap items-center gap-1.5 px-2.5 pb-2.5">
          <AttachButtons
            onPictures={(files) => draft.addPictures(files)}
            onFile={folder && (() => setPicking({ at: undefined }))}
          />
          <AgentChoice session={session} value={agent} onChange={setAgent} />
          <ModelChoice session={session} />
          <ApprovalModeChoice session={session} />
          {run && !isReviewed && (
            <Choice
              label="While a run is active"
              value={when}
              onChange={(value) => setOnBusy(value as OnBusy)}
              options={choices}
            />
          )}
          <span className="ml-auto flex gap-1.5">
            {run && (
              <Button disabled={stop.isPending} onClick={() => stop.mutate(run.id)}>
                <StopIcon /> {stop.isPending ? 'Stopping' : 'Stop'}
              </Button>
            )}
            <Button
              type="submit"
              kind="primary"
              disabled={!isReady}
              aria-label="Send"
              title={isWhole ? 'Send (Enter)' : 'What is attached is not ready: wait, or take it out'}
              className="px-2"
            >
              <SendIcon />
            </Button>
          </span>
        </div>
      </form>
    </div>
  );
}
