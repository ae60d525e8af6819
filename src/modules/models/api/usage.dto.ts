import { z } from 'zod';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { CALL_USAGE_EXAMPLE, CallUsageDto, UNKNOWN_CALLS } from '../../../shared/api/token-usage.dto.js';
import { callUsageView } from '../../../shared/domain/token-usage.js';
import { USAGE_GROUPS, UsageSum } from '../application/usage.queries.js';

const day = z.iso.date().refine((value) => value >= '2000-01-01', 'must not be before 2000-01-01');

export const UsageQueryDto = PageQueryDto.extend({
  group_by: z.enum(USAGE_GROUPS).default('day').describe('What it is added up by'),
  from: day.optional().describe('The first day, in UTC; unset = 29 days before `to`'),
  to: day.optional().describe('The last day, in UTC; unset = today'),
});

export type UsageQueryDto = z.infer<typeof UsageQueryDto>;

const UsageSumDto = z
  .object({
    key: z
      .string()
      .nullable()
      .describe('The day, or the id of the model, agent or session; null = the sessions that were deleted'),
    usage: CallUsageDto,
    unknown_calls: UNKNOWN_CALLS,
  })
  .meta({
    id: 'UsageSum',
    description: 'What the calls of models have used by one key',
    example: { key: '2026-11-20', usage: CALL_USAGE_EXAMPLE, unknown_calls: 0 },
  });

export const UsageListDto = listOf(UsageSumDto, 'UsageList');

export const toUsageSumDto = ({ key, usage, unknownCalls }: UsageSum): z.infer<typeof UsageSumDto> => ({
  key,
  usage: callUsageView(usage),
  unknown_calls: unknownCalls,
});
