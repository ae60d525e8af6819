import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { pathFault, plainPath, unseenFault } from '../../../shared/domain/workspace-path.js';
import { WorkspaceView } from '../domain/workspace-view.js';

const MOST_INSTRUCTIONS = 20;
const MOST_ROOTS = 20;
/** Bytes are counted later; no text of fewer characters has too many of them. */
const LONGEST_CONTENT = 64 * 1024;

/** Refuses what a fault is found in. */
const faultless =
  (faultOf: (text: string) => string | undefined) => (text: string, context: z.RefinementCtx) => {
    const message = faultOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };

/** A line that models read and people see. */
const line = (most: number) => humanText(most).superRefine(faultless(unseenFault));

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');
const path = z
  .string()
  .min(1)
  .max(4096)
  .superRefine(
    faultless((text) => pathFault(text) ?? (plainPath(text) === '.' ? 'must name a file' : undefined)),
  )
  .describe('Relative to the workspace, such as `AGENTS.md` or `web/AGENTS.md`');

const root = z.object({
  name: line(200),
  path: line(4096).describe('On the machine of the client'),
});

const git = z.object({
  branch: line(300).nullable(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{4,64}$/, 'must be the hash of a commit')
    .nullable(),
});

const WORKSPACE = {
  name: line(200).describe('By which `GET /v1/sessions?workspace=` finds it'),
  os: line(100).nullable(),
  shell: line(200).nullable().describe('Of the commands that the client executes'),
  ide: line(200).nullable(),
};

const EXAMPLE = {
  name: 'shop',
  roots: [{ name: 'shop', path: '/home/ada/shop' }],
  os: 'linux',
  shell: 'bash',
  ide: 'VS Code 1.107',
  git: { branch: 'main', commit: '8f3c2a1' },
};

const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

export const SetWorkspaceDto = z
  .strictObject({
    ...WORKSPACE,
    os: WORKSPACE.os.default(null),
    shell: WORKSPACE.shell.default(null),
    ide: WORKSPACE.ide.default(null),
    roots: z.array(z.strictObject(root.shape)).min(1).max(MOST_ROOTS),
    git: z
      .strictObject({ branch: git.shape.branch.default(null), commit: git.shape.commit.default(null) })
      .nullable()
      .default(null)
      .describe('Told with the next message of the user'),
    instructions: z
      .array(
        z
          .strictObject({ path, hash: hash.optional(), content: z.string().max(LONGEST_CONTENT).optional() })
          .refine(
            ({ hash: known, content }) => (known === undefined) !== (content === undefined),
            'must have either hash or content',
          ),
      )
      .max(MOST_INSTRUCTIONS)
      .default([])
      .describe(
        'Files such as AGENTS.md, by the SHA-256 of their UTF-8 or with their content: 64 KB each, 256 KB and a fifth of what the model reads together',
      ),
  })
  .meta({
    id: 'SetWorkspace',
    example: { ...EXAMPLE, instructions: [{ path: 'AGENTS.md', content: 'Indent with tabs.\n' }] },
  });

export type SetWorkspaceDto = z.infer<typeof SetWorkspaceDto>;

export const WorkspaceDto: z.ZodType<WorkspaceView> = z
  .object({
    ...WORKSPACE,
    roots: z.array(root),
    git: git.nullable(),
    instructions: z.array(z.object({ path, hash })).describe('As agents are told them, in order'),
  })
  .meta({
    id: 'Workspace',
    description: 'What the client of a session has said of the workspace',
    example: { ...EXAMPLE, instructions: [{ path: 'AGENTS.md', hash: HASH }] },
  });
