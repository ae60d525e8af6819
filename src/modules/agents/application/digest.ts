import { createHash } from 'node:crypto';

/** Whether two definitions are the same is decided by this. */
export const digestOf = (definition: string): string => createHash('sha256').update(definition).digest('hex');
