// What a view may say: the contract lists these words.
export { APPROVAL_KINDS, APPROVAL_STATUSES, DECISIONS } from '../domain/approval-state.js';
