import type { ToolCallContent } from '@agentclientprotocol/sdk';
import type { CallToolResult } from '@modelcontextprotocol/client';
import { ContentAnswer } from '#client';
import { cut } from '../text.js';
import { textContent } from '../tool-call.js';

/** In characters, of all texts of an answer. */
const MAX_TEXT = 100_000;
/** What an editor shows of them. */
const MAX_SHOWN = 4_000;
/** What the server takes with one answer. */
const MAX_IMAGES = 20;

type Block = CallToolResult['content'][number];
type Image = Extract<Block, { type: 'image' }>;

/** @returns the id under which the server has stored an image */
export type StoreImage = (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;

/** All that a result says in words. */
export function textOf({ content, structuredContent }: CallToolResult): string {
  const texts = content.filter(({ type }) => type !== 'image').map(inWords);
  if (content.length === 0 && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent));
  return cut(texts.join('\n'), MAX_TEXT);
}

/** What the model is told: a text, or texts and images in their order. An image that the server does not take is told in words. */
export async function answerOf(result: CallToolResult, store: StoreImage): Promise<string | ContentAnswer> {
  const images = result.content.filter((block) => block.type === 'image').slice(0, MAX_IMAGES);
  if (images.length === 0) return textOf(result);
  let room = MAX_TEXT;
  const answer = new ContentAnswer([]);
  const say = (text: string) => {
    const part = cut(text, room);
    room = Math.max(0, room - text.length);
    const last = answer.content.at(-1);
    if (last?.type === 'text') last.text += `\n${part}`;
    else answer.content.push({ type: 'text', text: part });
  };
  for (const block of result.content) {
    if (block.type !== 'image') say(inWords(block));
    else if (!images.includes(block)) say('(An image: there are too many.)');
    else {
      const stored = await store(bytesOf(block)).catch((error: unknown) => error as Error);
      if (typeof stored === 'string') answer.content.push({ type: 'image', blob_id: stored });
      else say(`(An image, which the server does not take: ${stored.message})`);
    }
  }
  return answer;
}

/** What an editor shows of a result. */
export function shownOf(result: CallToolResult): ToolCallContent[] {
  const text = textOf(result);
  const images = result.content.filter((block) => block.type === 'image').slice(0, MAX_IMAGES);
  return [
    ...(text ? [textContent(cut(text, MAX_SHOWN))] : []),
    ...images.map(({ data, mimeType }) => ({
      type: 'content' as const,
      content: { type: 'image' as const, data, mimeType },
    })),
  ];
}

const bytesOf = ({ data }: Image): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(data, 'base64'));

function inWords(block: Exclude<Block, Image> | Block): string {
  if (block.type === 'text') return block.text;
  if (block.type === 'resource_link') return `[${block.name}](${block.uri})`;
  if (block.type === 'resource') {
    const { resource } = block;
    return 'text' in resource ? `${resource.uri}:\n${resource.text}` : `(${resource.uri} is no text)`;
  }
  return `(${block.type}, which cannot be passed on)`;
}
