import { z } from 'zod';

export const ClientIdDto = z
  .string()
  .regex(/^[ -~]{1,100}$/, 'must be 1 to 100 printable ASCII characters')
  .describe('A name that the client makes for each of its windows, such as a UUID');
