import { z } from 'zod';
import { APPROVAL_MODES } from '../../../shared/domain/approval-mode.js';

export const MeDto = z
  .object({
    user: z.string().describe('Your id; `local` on a server without authentication'),
    mode: z.enum(['none', 'api_key', 'jwt']).describe('How the server tells its users apart: AUTH_MODE'),
    version: z.string().describe('Of the server'),
    model: z.string().describe('The model that answers where none is chosen'),
    offline: z.boolean().describe('The offline demo model answers instead of a real one'),
    approval_modes: z
      .array(z.enum(APPROVAL_MODES))
      .describe('Those that you may choose for a session: APPROVAL_MODES'),
  })
  .meta({
    id: 'Me',
    description: 'Who you are, and what the server is',
    example: {
      user: 'local',
      mode: 'none',
      version: '0.1.0',
      model: 'offline-demo',
      offline: true,
      approval_modes: [...APPROVAL_MODES],
    },
  });
