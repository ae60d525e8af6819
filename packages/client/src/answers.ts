import type { ToolContent, ToolResult } from './types.gen.ts';

/** Kinds of errors on which plugins and server agree. */
export type ToolErrorCode = NonNullable<ToolResult['error_code']>;

/** What a tool throws to tell the server also what kind of error it is; the model reads the message. */
export class ToolError extends Error {
  readonly code: ToolErrorCode;

  constructor(code: ToolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a tool answers to tell the server also which file it has read or written, and the hash of it as it is now. */
export class FileAnswer {
  readonly result: unknown;
  readonly file: NonNullable<ToolResult['file']>;

  constructor(result: unknown, file: NonNullable<ToolResult['file']>) {
    this.result = result;
    this.file = file;
  }
}

/** What a tool answers with images in it, which are stored before by `blobs.store`. */
export class ContentAnswer {
  readonly content: ToolContent[];

  constructor(content: ToolContent[]) {
    this.content = content;
  }
}
