import { JsonValue } from './json.js';

/** A file of the workspace that goes with a user's message, or a part of it that is selected in the editor. */
export interface FileAttachment {
  readonly type: 'file' | 'selection';
  readonly path: string;
  readonly startLine?: number | undefined;
  readonly endLine?: number | undefined;
  /** Unset = a reference to the file. */
  readonly content?: string | undefined;
  /** SHA-256 of the text of the whole file as it would be saved, in hexadecimal digits. */
  readonly hash?: string | undefined;
}

export interface Diagnostic {
  readonly path: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly message: string;
  /** The program that has found it. */
  readonly source?: string | undefined;
}

export interface DiagnosticsAttachment {
  readonly type: 'diagnostics';
  readonly items: readonly Diagnostic[];
}

/** An image that is shown to models which read images. */
export interface ImageAttachment {
  readonly type: 'image';
  /** The id of its stored bytes. */
  readonly blobId: string;
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif';
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** In bytes. */
  readonly size: number;
}

/** What goes with a user's message. */
export type Attachment = FileAttachment | DiagnosticsAttachment | ImageAttachment;

/** The same as a user names it: an image by its id alone. */
export type GivenAttachment = Exclude<Attachment, ImageAttachment> | Pick<ImageAttachment, 'type' | 'blobId'>;

/** What the editor of a user showed when the message was sent. */
export interface EditorState {
  /** The path of the file in front. */
  readonly active?: string | undefined;
  /** Paths. */
  readonly openFiles?: readonly string[] | undefined;
  readonly git?: { readonly branch?: string | undefined; readonly commit?: string | undefined } | undefined;
}

/** An attachment whose content stands in the content of its message. */
export type StoredAttachment =
  | (Omit<FileAttachment, 'content'> & {
      /** Where its content begins and ends, in UTF-16 units; unset = the model is only told that it is there. */
      readonly shown?: readonly [begin: number, end: number];
    })
  | DiagnosticsAttachment
  | ImageAttachment;

/** What a message consists of. Its content is all that a model reads of it. */
export interface MessageParts {
  /** Of a user's message: how many characters the user wrote, with which the content begins; unset = all of it. */
  readonly words?: number;
  /** Of a tool's answer: images. */
  readonly attachments?: readonly StoredAttachment[];
  readonly editor?: EditorState;
  /** Of a tool's answer: what clients show of it; no model reads it. Unset = nothing. */
  readonly display?: JsonValue;
}

/** A content, and what it consists of; null = of the user's words, or a tool's text, alone. */
export interface ContentWithParts {
  readonly content: string;
  readonly parts: MessageParts | null;
}

/** The content without what was attached. */
export const wordsOf = ({ content, parts }: ContentWithParts): string =>
  parts?.words === undefined ? content : content.slice(0, parts.words);

export const imagesIn = ({ parts }: Pick<ContentWithParts, 'parts'>): readonly ImageAttachment[] =>
  (parts?.attachments ?? []).filter((each) => each.type === 'image');

/** The size of the images of a message, in bytes. */
export const imageBytesOf = (message: Pick<ContentWithParts, 'parts'>): number =>
  imagesIn(message).reduce((sum, { size }) => sum + size, 0);

/** The line that stands for an image in the text of its message. @param place from 1 */
export const imageLabel = (place: number, { mediaType, width, height }: ImageAttachment): string =>
  `[image ${place}: ${mediaType}, ${width} × ${height}]`;
