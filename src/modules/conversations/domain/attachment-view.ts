import {
  ContentWithParts,
  Diagnostic,
  EditorState,
  ImageAttachment,
  StoredAttachment,
} from '../../../shared/domain/message-parts.js';

type FileView<Type extends 'file' | 'selection'> = {
  type: Type;
  path: string;
  start_line?: number;
  end_line?: number;
  content?: string;
  hash?: string;
};

/** What goes with a message, as clients see it. */
export type AttachmentView =
  | FileView<'file'>
  | FileView<'selection'>
  | { type: 'diagnostics'; items: DiagnosticView[] }
  | {
      type: 'image';
      blob_id: string;
      media_type: ImageAttachment['mediaType'];
      width: number;
      height: number;
      size: number;
    };

type DiagnosticView = {
  path: string;
  line?: number;
  column?: number;
  severity: Diagnostic['severity'];
  message: string;
  source?: string;
};

export type EditorView = {
  active?: string;
  open_files?: string[];
  git?: { branch?: string; commit?: string };
};

export const toAttachmentViews = ({ content, parts }: ContentWithParts): AttachmentView[] | undefined =>
  parts?.attachments?.map((attachment) => toAttachmentView(attachment, content));

function toAttachmentView(attachment: StoredAttachment, content: string): AttachmentView {
  if (attachment.type === 'diagnostics') {
    return { type: attachment.type, items: attachment.items.map(toDiagnosticView) };
  }
  if (attachment.type === 'image') {
    const { type, blobId, mediaType, width, height, size } = attachment;
    return { type, blob_id: blobId, media_type: mediaType, width, height, size };
  }
  const { type, path, startLine, endLine, hash, shown } = attachment;
  return {
    type,
    path,
    ...(startLine !== undefined && { start_line: startLine }),
    ...(endLine !== undefined && { end_line: endLine }),
    ...(shown && { content: content.slice(...shown) }),
    ...(hash !== undefined && { hash }),
  };
}

const toDiagnosticView = ({ path, line, column, severity, message, source }: Diagnostic): DiagnosticView => ({
  path,
  ...(line !== undefined && { line }),
  ...(column !== undefined && { column }),
  severity,
  message,
  ...(source !== undefined && { source }),
});

export const toEditorView = ({ active, openFiles, git }: EditorState): EditorView => ({
  ...(active !== undefined && { active }),
  ...(openFiles && { open_files: [...openFiles] }),
  ...(git && {
    git: {
      ...(git.branch !== undefined && { branch: git.branch }),
      ...(git.commit !== undefined && { commit: git.commit }),
    },
  }),
});
