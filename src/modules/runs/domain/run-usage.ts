import { CallUsage, StoredUsage, TokenUsage, sumOfUsage } from '../../../shared/domain/token-usage.js';

/** What a run has used of models. */
export type RunUsage = StoredUsage &
  Pick<CallUsage, 'modelCalls'> & {
    /** Of the calls: those of which nothing is known, as their process died or has lost them; unset = none. */
    readonly unknownCalls?: number;
  };

export const unknownCallsOf = ({ unknownCalls = 0 }: RunUsage): number => unknownCalls;

export const withModelCall = (usage: RunUsage): RunUsage => ({ ...usage, modelCalls: usage.modelCalls + 1 });

/** @param used null = unknown */
export const withTokens = (usage: RunUsage, used: TokenUsage | null): RunUsage => ({
  ...usage,
  ...sumOfUsage(usage, used),
});

export const withUnknownCalls = (usage: RunUsage, count: number): RunUsage => ({
  ...usage,
  unknownCalls: unknownCallsOf(usage) + count,
});
