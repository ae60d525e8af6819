import { type Attachment, type FileAttachment, Problem } from '@agent-runtime/client';
import { runtime } from '../app/runtime.ts';
import { Signal } from '../app/signal.ts';
import { faultOfPicture, faultOfUpload } from './picture-faults.ts';

/** What goes with the next message, when it is ready. */
export type DraftAttachment = {
  readonly key: string;
  readonly name: string;
  /** Why it cannot be sent. */
  readonly fault?: string;
} & (
  | {
      readonly kind: 'image';
      /** Unset while it is being stored. */
      readonly blobId?: string;
      /** As it was chosen; gone after a reload. */
      readonly source?: File;
    }
  | { readonly kind: 'file'; readonly file: FileAttachment }
);

/** The most that go with one message. */
const MOST = 20;
const UPLOAD_MS = 300_000;

/** The attachments of a message that is not sent yet: kept over visits to other pages, and stored ones over reloads. */
export class DraftAttachments {
  readonly list = new Signal<readonly DraftAttachment[]>([]);
  /** Why something was not taken. */
  readonly refusal = new Signal<string | undefined>(undefined);
  readonly #name: string;
  readonly #uploads = new Map<string, AbortController>();
  #last = 0;

  constructor(sessionId: string) {
    this.#name = `agent-runtime.attachments.${sessionId}`;
    const kept = sessionStorage.getItem(this.#name);
    if (kept) this.list.set(JSON.parse(kept) as DraftAttachment[]);
  }

  addPictures(files: readonly File[]): void {
    this.refusal.set(undefined);
    const refused: string[] = [];
    for (const source of files) {
      const fault = faultOfPicture(source);
      if (fault) refused.push(`${source.name}: ${fault}`);
      else this.#upload(source);
    }
    if (refused.length > 0) this.refuse(refused.join(' '));
  }

  addFile(file: FileAttachment): void {
    this.refusal.set(undefined);
    const others = this.list.get().filter((each) => each.kind !== 'file' || each.file.path !== file.path);
    this.#set(others);
    this.#add({ key: this.#newKey(), name: file.path, kind: 'file', file });
  }

  refuse(why: string): void {
    this.refusal.set(why);
  }

  remove(key: string): void {
    this.#uploads.get(key)?.abort();
    this.refusal.set(undefined);
    this.#set(this.list.get().filter((each) => each.key !== key));
  }

  /** They were sent. */
  clear(): void {
    this.refusal.set(undefined);
    this.#set([]);
  }

  /** The server has not got some of them any more. */
  note(error: unknown): void {
    if (!(error instanceof Problem) || error.code !== 'blob.missing') return;
    const { hashes: gone = [] } = error.body as { hashes?: readonly string[] };
    for (const each of this.list.get()) {
      if (each.kind !== 'image' || !each.blobId || !gone.includes(each.blobId)) continue;
      this.#change(each.key, { fault: 'It is not stored any more: attach it again.' });
    }
  }

  #upload(source: File): void {
    const key = this.#newKey();
    if (!this.#add({ key, name: source.name, kind: 'image', source })) return;
    const controller = new AbortController();
    this.#uploads.set(key, controller);
    runtime.blobs
      .store(source, { signal: controller.signal, timeout: UPLOAD_MS })
      .then(
        ({ id }) => this.#change(key, { blobId: id }),
        (error: unknown) => this.#change(key, { fault: faultOfUpload(error) }),
      )
      .finally(() => this.#uploads.delete(key));
  }

  #add(attachment: DraftAttachment): boolean {
    const list = this.list.get();
    if (list.length >= MOST) {
      this.refuse(`A message takes ${MOST} attachments.`);
      return false;
    }
    this.#set([...list, attachment]);
    return true;
  }

  #change(key: string, change: { blobId: string } | { fault: string }): void {
    this.#set(this.list.get().map((each) => (each.key === key ? { ...each, ...change } : each)));
  }

  #set(list: readonly DraftAttachment[]): void {
    this.list.set(list);
    const kept = list
      .filter((each) => !each.fault && !isPending(each))
      .map((each) => ({ ...each, source: undefined }));
    try {
      if (kept.length > 0) sessionStorage.setItem(this.#name, JSON.stringify(kept));
      else sessionStorage.removeItem(this.#name);
    } catch {
      sessionStorage.removeItem(this.#name); // too much for the browser to keep: it goes with the page
    }
  }

  readonly #newKey = (): string => `${Date.now()}.${this.#last++}`;
}

export const isPending = (each: DraftAttachment): boolean =>
  each.kind === 'image' && !each.blobId && !each.fault;

/** As a message has them. */
export const toSend = (list: readonly DraftAttachment[]): Attachment[] =>
  list.flatMap((each): Attachment[] => {
    if (each.kind === 'file') return [{ ...each.file, type: 'file' }];
    return each.blobId ? [{ type: 'image', blob_id: each.blobId }] : [];
  });

const drafts = new Map<string, DraftAttachments>();

export function draftOf(sessionId: string): DraftAttachments {
  let draft = drafts.get(sessionId);
  if (!draft) drafts.set(sessionId, (draft = new DraftAttachments(sessionId)));
  return draft;
}
