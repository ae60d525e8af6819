import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { address } from '../app/address.ts';
import {
  session as sessionQuery,
  synopsis as synopsisQuery,
  synopsisVersion,
  wordsOf,
} from '../app/queries.ts';
import { BackLink } from '../ui/back-link.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { Ago } from '../ui/time.tsx';
import { Working } from '../ui/working.tsx';
import { FormButton } from './form-button.tsx';
import { SynopsisEditor } from './synopsis-editor.tsx';
import { SynopsisItems } from './synopsis-items.tsx';
import { VersionList } from './version-list.tsx';

export function SynopsisPage() {
  const { id } = useParams<{ id: string }>();
  const { data: session, error } = useQuery(sessionQuery(id));
  const { data: live } = useQuery(synopsisQuery(id));
  const [version, setVersion] = useState<number>();
  const [isEdited, setIsEdited] = useState(false);
  const isOld = version !== undefined && version !== live?.version;
  const old = useQuery({ ...synopsisVersion(id, version ?? 0), enabled: isOld }).data;
  if (error)
    return (
      <Empty isPage title="The synopsis cannot be shown">
        {wordsOf(error)}
      </Empty>
    );
  if (!session || !live) return <Working className="m-8">Loading the synopsis</Working>;

  const shown = isOld ? old : live.version === null ? undefined : live;
  return (
    <Page
      title={
        <>
          <BackLink to={address.session(id)}>{session.title || 'Session'}</BackLink>
          <br />
          Synopsis
        </>
      }
      about="What was done, decided and left open, in versions."
      actions={
        !isEdited && (
          <div className="flex gap-2">
            {live.version !== null && !isOld && <Button onClick={() => setIsEdited(true)}>Edit</Button>}
            <FormButton session={session} synopsis={live} />
          </div>
        )
      }
    >
      <VersionList sessionId={id} live={live.version} shown={version ?? live.version} onShow={setVersion} />
      {isEdited ? (
        <SynopsisEditor sessionId={id} synopsis={live} onClose={() => setIsEdited(false)} />
      ) : shown?.title && shown.items ? (
        <article className="mt-5">
          <h2 className="text-lg font-semibold wrap-anywhere">{shown.title}</h2>
          <p className="mt-0.5 text-xs text-faint">
            {shown.kind === 'edited' ? `edited by ${shown.edited_by}` : 'written by an agent'} · covers{' '}
            {shown.covers_up_to} messages · {shown.created_at && <Ago at={shown.created_at} />}
          </p>
          <SynopsisItems items={shown.items} />
        </article>
      ) : (
        live.status === 'none' && (
          <Empty title="Not written yet">
            {session.message_count === 0
              ? 'There is nothing to sum up: say something in the session first.'
              : 'An agent reads the session and writes down what was done, decided and left open. It takes a moment, in the background.'}
          </Empty>
        )
      )}
    </Page>
  );
}
