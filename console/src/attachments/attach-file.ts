import type { FileAttachment, Session } from '@agent-runtime/client';
import { hashOf, textOf } from '@agent-runtime/client/edit';
import type { LentFolder } from '../lend/folder.ts';
import type { DraftAttachments } from './draft-attachments.ts';

/** In characters; of a longer file the model is told the path alone. */
const MOST_SHOWN = 20_000;
/** In bytes: a longer file has more characters in any case. */
const MOST_READ = 4 * MOST_SHOWN;
const PICTURES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
};

/** Attaches a file of a lent folder as it is now: a picture, a text, or by its path alone where that is too long. */
export async function attachFile(
  draft: DraftAttachments,
  folder: LentFolder,
  path: string,
  { file_hashes: hasHashes }: Session,
): Promise<void> {
  const source = await folder.file(path);
  if (!source) return draft.refuse(`${path} is not there any more.`);
  const type = PICTURES[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
  if (type) return draft.addPictures([new File([source], source.name, { type })]);
  const reference: FileAttachment = { type: 'file', path };
  if (source.size > MOST_READ) return draft.addFile(reference);
  const bytes = new Uint8Array(await source.arrayBuffer());
  const content = textOf(bytes);
  if (content === undefined) return draft.refuse(`${path} is no text and no picture.`);
  if (content.length > MOST_SHOWN) return draft.addFile(reference);
  draft.addFile({ ...reference, content, ...(hasHashes && { hash: await hashOf(bytes) }) });
}
