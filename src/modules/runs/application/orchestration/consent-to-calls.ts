import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { modeInForce } from '../../../../shared/domain/approval-mode.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { ApprovalPolicy, ApprovalRepository, SessionConsent } from '../../../approvals/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { Run } from '../../domain/run.js';
import { Caller, JudgedCall, refusalOf } from './judge-reply.js';
import { policyCallOf } from './policy-call.js';

/** The verdicts that the mode of the session, and what is remembered there, may change. */
type Use = JudgedCall & { readonly verdict: 'execute' | 'ask' };

const isUse = (judged: JudgedCall): judged is Use => judged.verdict === 'execute' || judged.verdict === 'ask';

/** Whether mode or permissions may change the verdict: reading that is allowed stays so. */
const isOpen = ({ tools }: Caller, judged: JudgedCall): boolean =>
  judged.verdict === 'ask' || (isUse(judged) && tools.find(judged.toolName)!.effect !== 'read');

/** Completes the judgement on calls by what the user has set and allowed in the session. */
@Injectable()
export class ConsentToCalls {
  constructor(
    private readonly policy: ApprovalPolicy,
    private readonly config: Config,
  ) {}

  /** Reads mode and permissions in the unit of work that stores the calls: what changes afterwards holds for later ones. */
  async judge(
    tx: Transaction,
    run: Run,
    caller: Caller,
    calls: readonly JudgedCall[],
  ): Promise<JudgedCall[]> {
    if (!calls.some((call) => isOpen(caller, call))) return [...calls];
    const consent = await this.consentIn(tx, run);
    return calls.map((call) => (isUse(call) ? this.judgeUse(consent, caller, call) : call));
  }

  private async consentIn(tx: Transaction, run: Run): Promise<SessionConsent> {
    const { sessionId, userId } = run.snapshot();
    const [session, permissions] = await Promise.all([
      tx.get(SessionRepository).peek(sessionId, userId),
      tx.get(ApprovalRepository).listPermissions(sessionId),
    ]);
    const mode = modeInForce(session.snapshot().approvalMode, this.config.approvalModes);
    return { mode, permissions };
  }

  private judgeUse(consent: SessionConsent, { agent, tools }: Caller, use: Use): JudgedCall {
    const call = policyCallOf(agent, tools.find(use.toolName)!, use.arguments as JsonObject);
    const { action, reason } = this.policy.decideIn(consent, call);
    const { toolName, arguments: args, written } = use;
    const judged = { toolName, arguments: args, written };
    if (action === 'allow') return { ...judged, verdict: 'execute' };
    if (action === 'deny') return { ...judged, ...refusalOf(reason) };
    return { ...judged, verdict: 'ask', reason, suggestions: this.policy.suggestions(call) };
  }
}
