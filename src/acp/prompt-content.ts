import type { ContentBlock } from '@agentclientprotocol/sdk';
import type { UserMessage } from '#client';
import { hashOf } from '#client/edit';
import { fileURLToPath } from 'node:url';
import type { Roots } from '../ide/roots.js';
import { clean, fenced } from './text.js';

/** Of a file that an editor puts into a message, in characters; the agent reads a longer one by its tools. */
const MAX_EMBEDDED = 100_000;
/** Of all of them together; a message may have a million characters. */
const MAX_ALL_EMBEDDED = 500_000;
/** What the server takes with a message, images among them. */
const MAX_ATTACHMENTS = 20;

export type Attachment = NonNullable<UserMessage['attachments']>[number];

/** What the blocks of a prompt become. */
export interface Prompt {
  /** What the agent is told in words. */
  readonly content: string;
  /** Files of the workspace, as the editor has them. */
  readonly files: readonly Attachment[];
  /** The server says of which kind they are. */
  readonly images: readonly Uint8Array<ArrayBuffer>[];
}

/** A piece of the words: one that is inline stands within the text around it, others in lines of their own. */
interface Piece {
  readonly text: string;
  readonly isInline?: true;
}

/**
 * @param roots the workspace, in which paths are those of tools
 * @param inWords whether all files stand in the words, as those do that are not in the workspace
 */
export async function promptOf(
  blocks: readonly ContentBlock[],
  roots: Roots,
  inWords = false,
): Promise<Prompt> {
  const images = imagesIn(blocks);
  const most = inWords ? 0 : MAX_ATTACHMENTS - images.length;
  const files: Attachment[] = [];
  const pieces: Piece[] = [];
  let room = MAX_ALL_EMBEDDED;
  for (const block of blocks) {
    if (block.type !== 'resource' || !('text' in block.resource)) {
      pieces.push(pieceOf(block, roots));
      continue;
    }
    const { uri, text } = block.resource;
    const place = placeOf(uri, roots);
    const isShown = text.length <= Math.min(MAX_EMBEDDED, room);
    if (isShown) room -= text.length;
    if (place !== uri && files.length < most) {
      files.push(await attachmentOf(place, isShown ? clean(text) : undefined));
      pieces.push({ text: `[${place}](${place})`, isInline: true });
    } else {
      pieces.push({ text: isShown ? `${place}:\n${fenced(text)}` : tooLong(place) });
    }
  }
  return { content: clean(joined(pieces)), files, images };
}

function pieceOf(block: ContentBlock, roots: Roots): Piece {
  if (block.type === 'text') return { text: block.text, isInline: true };
  if (block.type === 'resource_link') {
    return { text: `[${block.name}](${placeOf(block.uri, roots)})`, isInline: true };
  }
  if (block.type === 'image') return { text: '(An image is attached.)' };
  if (block.type !== 'resource') return { text: `(${block.type}: it cannot be shown to you)` };
  return { text: `${placeOf(block.resource.uri, roots)} is no text; it cannot be shown to you` };
}

const tooLong = (place: string): string =>
  `[${place}](${place}) is too long to be shown here: read it, in parts if need be`;

const imagesIn = (blocks: readonly ContentBlock[]): Uint8Array<ArrayBuffer>[] =>
  blocks.flatMap((block) =>
    block.type === 'image' ? [new Uint8Array(Buffer.from(block.data, 'base64'))] : [],
  );

/** @param place a path, with the lines that the address names; a whole file is the version that the model knows from then on */
async function attachmentOf(place: string, content: string | undefined): Promise<Attachment> {
  const [path = place, lines] = place.split('#');
  const [, start, end = start] = /^L(\d+)(?:[:-]L?(\d+))?$/.exec(lines ?? '') ?? [];
  const isInOrder = Number(start) >= 1 && Number(start) <= Number(end);
  return {
    ...{ type: 'file', path },
    ...(isInOrder && { start_line: Number(start), end_line: Number(end) }),
    ...(content !== undefined && { content }),
    ...(content !== undefined && lines === undefined && { hash: await hashOf(content) }),
  };
}

function joined(pieces: readonly Piece[]): string {
  return pieces
    .map(({ text, isInline }, index) =>
      index > 0 && !(isInline && pieces[index - 1]!.isInline) ? `\n\n${text}` : text,
    )
    .join('');
}

/** A file of the workspace by its path in it, with the lines that the address names; other addresses as they are. */
export function placeOf(uri: string, roots: Roots): string {
  const url = URL.parse(uri);
  if (url?.protocol !== 'file:' || url.host !== '') return uri;
  const path = roots.pathOf(fileURLToPath(new URL(url.pathname, 'file:///')));
  return path === undefined ? uri : path + url.hash;
}
