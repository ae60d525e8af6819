import { ApprovalMode } from '../../../shared/domain/approval-mode.js';

/** What a client shows of the server that it uses. */
export abstract class Installation {
  /** How users are told apart. */
  abstract readonly mode: 'none' | 'api_key' | 'jwt';
  abstract readonly version: string;
  /** The id of the model that answers where none is chosen. */
  abstract readonly model: string;
  /** The offline demo model answers instead of a real one. */
  abstract readonly offline: boolean;
  /** Those that users may choose for a session. */
  abstract readonly approvalModes: readonly ApprovalMode[];
}
