import { InputInvalid } from './domain-error.js';

/** What happens in a session to calls that change something, the narrowest first: refused, asked about, edits allowed. */
export const APPROVAL_MODES = ['read_only', 'ask', 'accept_edits'] as const;

export type ApprovalMode = (typeof APPROVAL_MODES)[number];

/**
 * The mode that counts: what the user chose, or the next narrower one that the installation allows.
 * @param chosen null = nothing, which counts as `ask`
 */
export function modeInForce(chosen: ApprovalMode | null, allowed: readonly ApprovalMode[]): ApprovalMode {
  const wanted = chosen ?? 'ask';
  const upToWanted = APPROVAL_MODES.slice(0, APPROVAL_MODES.indexOf(wanted) + 1);
  return upToWanted.findLast((mode) => allowed.includes(mode)) ?? wanted;
}

/** @throws InputInvalid for a mode that the installation does not allow */
export function requireAllowed(mode: ApprovalMode, allowed: readonly ApprovalMode[]): void {
  if (allowed.includes(mode)) return;
  const message = `is not allowed here; there are ${allowed.join(', ')}`;
  throw new InputInvalid([{ field: 'approval_mode', message }]);
}
