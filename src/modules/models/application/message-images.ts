import { ModelImage, ModelMessage } from './language-model.js';

/** What a model reads where the images of a message are not shown to it. */
export const IMAGES_NOT_SHOWN = '(The images of this message are not shown to you.)';

export const imagesOf = (message: ModelMessage): readonly ModelImage[] =>
  ('images' in message && message.images) || [];

/** For a model that reads no images: words in their place. */
export function withoutImages(message: ModelMessage): ModelMessage {
  if (imagesOf(message).length === 0) return message;
  return { ...message, content: `${message.content}\n\n${IMAGES_NOT_SHOWN}`, images: [] } as ModelMessage;
}
