import type { ContentBlock } from '@agentclientprotocol/sdk';
import { type AgentRuntime, Problem, type UserMessage } from '#client';
import type { Roots } from '../ide/roots.js';
import { wishIn } from './commands.js';
import { type Attachment, type Prompt, promptOf } from './prompt-content.js';

/** Where a prompt goes to. */
export interface Target {
  readonly runtime: AgentRuntime;
  readonly sessionId: string;
  readonly roots: Roots;
  /** Told what is left out, and why. */
  readonly say: (text: string) => Promise<void>;
}

type Choice = Pick<UserMessage, 'on_busy' | 'agent'>;

/**
 * Sends a prompt as a message. Images that are refused are left out; files whose names are refused stand in its words.
 * @returns the id of the run that answers it
 */
export async function sendPrompt(
  target: Target,
  blocks: readonly ContentBlock[],
  prompt: Prompt,
  choice: Choice,
): Promise<string> {
  const images = await storedImages(target, prompt);
  const message = { type: 'user_message' as const, content: prompt.content, ...choice };
  const send = async (content: string, attachments: readonly Attachment[]): Promise<string> => {
    const { run } = await target.runtime.sessions.send(target.sessionId, {
      ...{ ...message, content },
      ...(attachments.length > 0 && { attachments: [...attachments] }),
    });
    return run!.id;
  };
  try {
    return await send(message.content, [...prompt.files, ...images]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'model.no_images' && images.length > 0) {
      await target.say(`*${error.detail}. The prompt goes on without its images.*`);
      return send(`${message.content}\n\n(You cannot be shown the images.)`, prompt.files);
    }
    const isOfFiles = error.errors.some(({ field }) => field.startsWith('attachments.'));
    if (!isOfFiles || prompt.files.length === 0) throw error;
    const { content } = await promptOf(blocks, target.roots, true);
    return send(wishIn(content).rest, images);
  }
}

async function storedImages({ runtime, say }: Target, { images }: Prompt): Promise<Attachment[]> {
  const stored = await Promise.all(
    images.map((bytes) =>
      runtime.blobs.store(bytes).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        return error;
      }),
    ),
  );
  const attachments: Attachment[] = [];
  for (const each of stored) {
    if (each instanceof Problem) await say(`*An image is left out: ${each.detail}*`);
    else attachments.push({ type: 'image', blob_id: each.id });
  }
  return attachments;
}
