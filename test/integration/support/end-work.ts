import { afterEach } from 'vitest';
import { looseEnds } from '../../support/loose-ends.js';

// A run that outlives its test would take replies from the script of the next one.
afterEach(async () => {
  for (const end of looseEnds) await end();
});
