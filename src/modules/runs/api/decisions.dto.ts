import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { DECISIONS, RememberWhenDto, Verdict } from '../../approvals/index.js';

const MAX_FEEDBACK = 10_000;

const feedback = humanText(MAX_FEEDBACK)
  .optional()
  .describe('The model reads it: with the result of a call, or in its place; in the subtasks of a plan');

/** Optional parts of a decision on a tool call. */
export const TOOL_DECISION = {
  modified_arguments: z
    .record(z.string(), JsonDto)
    .optional()
    .describe('With `edit`, and only with it: all arguments, as they are to be executed'),
  feedback,
  remember: z
    .boolean()
    .optional()
    .describe(
      'Allow the same command in the same folder, or the same path, for the rest of the session; of tools without either, the tool',
    ),
  remember_when: RememberWhenDto.optional().describe(
    'Instead of `remember`: allow all calls of this tool that fit, for the rest of the session',
  ),
};

/** Optional parts of a decision on a plan. */
export const PLAN_DECISION = {
  feedback,
  version: z.int().min(1).optional().describe('The version that was looked at; another one in review → 409'),
};

export const DecisionDto = z
  .strictObject({
    decision: z
      .enum(DECISIONS)
      .describe('On a tool call: approve, edit, reject; on a plan: approve, reject, modify'),
    ...TOOL_DECISION,
    ...PLAN_DECISION,
  })
  .meta({
    id: 'Decision',
    description: 'What the human decides on an approval',
    example: { decision: 'approve' },
  });

export type DecisionDto = z.infer<typeof DecisionDto>;

export const toVerdict = (given: Omit<DecisionDto, 'version'>): Verdict => ({
  decision: given.decision,
  feedback: given.feedback ?? null,
  modifiedArguments: given.modified_arguments ?? null,
  remember: given.remember ?? false,
  rememberWhen: given.remember_when ?? null,
});

export const ReasonDto = z
  .strictObject({ reason: humanText(MAX_FEEDBACK).optional().describe('Kept in its history') })
  .optional()
  .meta({ id: 'Reason', description: 'Why; may be left out', example: { reason: 'not needed any more' } });

export type ReasonDto = z.infer<typeof ReasonDto>;
