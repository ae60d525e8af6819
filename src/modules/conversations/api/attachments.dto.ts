import { z } from 'zod';
import { pathFault, plainPath, unseenFault } from '../../../shared/domain/workspace-path.js';
import { EditorState, GivenAttachment } from '../../../shared/domain/message-parts.js';
import { BlobIdDto, IMAGE_FACTS } from '../../blobs/index.js';

const MAX_CONTENT = 1_000_000;
const MAX_ATTACHMENTS = 20;
const MAX_DIAGNOSTICS = 100;
const MAX_OPEN_FILES = 30;

/** A text that passes, or the fault that a function finds in it. */
const checked = (most: number, faultOf: (text: string) => string | undefined) =>
  z
    .string()
    .min(1)
    .max(most, { abort: true })
    .check(({ value, issues }) => {
      const message = faultOf(value);
      if (message !== undefined) issues.push({ code: 'custom', message, input: value });
    });

export const FilePathDto = checked(4096, pathFault).describe('Relative to the workspace');

export const FileHashDto = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 of 0-9 and a-f')
  .describe('SHA-256 of the text as it would be saved, in hexadecimal digits');

const line = z.int().min(1);
const name = (most: number) => checked(most, unseenFault);

const fileFields = <Type extends 'file' | 'selection'>(type: Type) => ({
  type: z.literal(type),
  path: FilePathDto,
  start_line: line.optional(),
  end_line: line.optional(),
  content: z
    .string()
    .max(MAX_CONTENT)
    .optional()
    .describe(
      'Of the lines, or of the whole file. Beyond 20,000 characters, or without it, the model is told the path alone',
    ),
  hash: FileHashDto.optional().describe(
    'Of the whole file, in sessions that say `file_hashes`: the version that the model is shown',
  ),
});

const FILE = fileFields('file');
const SELECTION = fileFields('selection');

const hasSoundLines = ({ start_line: start, end_line: end }: { start_line?: number; end_line?: number }) =>
  end === undefined || (start !== undefined && start <= end);
const UNSOUND_LINES = { message: 'must not be less than start_line, which goes with it', path: ['end_line'] };

const FileAttachmentDto = z
  .strictObject(FILE)
  .refine(hasSoundLines, UNSOUND_LINES)
  .meta({ id: 'FileAttachment', description: 'A file of the workspace' });

const SelectionDto = z
  .strictObject(SELECTION)
  .refine(hasSoundLines, UNSOUND_LINES)
  .meta({ id: 'SelectionAttachment', description: 'What is selected in the editor' });

const DiagnosticsDto = z
  .strictObject({
    type: z.literal('diagnostics'),
    items: z
      .array(
        z.strictObject({
          path: FilePathDto,
          line: line.optional(),
          column: line.optional(),
          severity: z.enum(['error', 'warning', 'information', 'hint']),
          message: z.string().min(1).max(2000),
          source: name(100).optional().describe('The program that has found it'),
        }),
      )
      .min(1)
      .max(MAX_DIAGNOSTICS),
  })
  .meta({ id: 'DiagnosticsAttachment', description: 'What programs have found in files' });

const ImageDto = z
  .strictObject({ type: z.literal('image'), blob_id: BlobIdDto })
  .meta({ id: 'ImageAttachment', description: 'An image that was stored before' });

const SentImageDto = z
  .object({ type: z.literal('image'), blob_id: BlobIdDto, ...IMAGE_FACTS })
  .meta({ id: 'AttachedImage', description: 'An image that goes with a message' });

export const AttachmentDto = z
  .discriminatedUnion('type', [FileAttachmentDto, SelectionDto, DiagnosticsDto, ImageDto])
  .meta({ id: 'Attachment', description: 'What goes with a message' });

export const AttachedDto = z
  .discriminatedUnion('type', [FileAttachmentDto, SelectionDto, DiagnosticsDto, SentImageDto])
  .meta({ id: 'Attached', description: 'What went with a message' });

export const AttachmentsDto = z.array(AttachmentDto).max(MAX_ATTACHMENTS);

export const EditorDto = z
  .strictObject({
    active: FilePathDto.optional().describe('The file in front'),
    open_files: z.array(FilePathDto).max(MAX_OPEN_FILES).optional(),
    git: z.strictObject({ branch: name(255).optional(), commit: name(100).optional() }).optional(),
  })
  .meta({ id: 'Editor', description: 'What the editor of the user showed' });

export const toAttachment = (given: z.infer<typeof AttachmentDto>): GivenAttachment => {
  if (given.type === 'diagnostics') return given;
  if (given.type === 'image') return { type: given.type, blobId: given.blob_id };
  const { start_line: startLine, end_line: endLine, path, ...file } = given;
  return { ...file, path: plainPath(path), startLine, endLine };
};

export const toEditor = ({ active, open_files: openFiles, git }: z.infer<typeof EditorDto>): EditorState => ({
  ...(active !== undefined && { active: plainPath(active) }),
  ...(openFiles && { openFiles: openFiles.map(plainPath) }),
  ...(git && { git }),
});
