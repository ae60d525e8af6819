import { Service } from '../machine/child.ts';
import { Sql } from '../machine/postgres.ts';
import type { Measure } from '../measure.ts';
import type { Shared } from '../model/prompt-reader.ts';

/** Of a request, what its provider has seen with the one before. */
const AT_LEAST = 95;

/** What of a long session's prompts a provider can take from its cache. */
export const promptCache: Measure = {
  name: 'prompt-cache',
  title: 'What of a request to the model was in the one before',

  async run(lab, { row }) {
    const { turns, tokens } = lab.sizes.promptCache;
    await using stack = new AsyncDisposableStack();
    const reader = stack.use(await Service.start('model/prompt-reader.ts', lab.model.url));
    const databaseUrl = await lab.createDatabase();
    const sql = stack.use(await Sql.connect(databaseUrl));
    const server = stack.use(await lab.start('server', databaseUrl, { OPENAI_BASE_URL: reader.url }));
    const target = { sessions: server.sessions };
    const [sessionId] = await lab.client.do('openSessions', { ...target, count: 1 });
    await lab.client.do('turns', {
      target,
      wish: { tokens },
      atOnce: 1,
      rounds: turns,
      sessionId: sessionId!,
    });
    const shared = (await (await fetch(reader.url)).json()) as Shared;
    const { checkpoints } = await sql.one<{ checkpoints: number }>(
      'select count(*)::int as checkpoints from context_checkpoints where session_id = $1',
      [sessionId],
    );
    const { requests, characters, cached, goingOn } = shared;
    const percent = (100 * goingOn.cached) / goingOn.characters;
    row({
      what: `${turns} turns of one session, between checkpoints`,
      ...{ unit: '%', figure: percent },
      target: { text: `≥ ${AT_LEAST}`, reached: percent >= AT_LEAST },
    });
    row({
      what: `${turns} turns of one session, all`,
      ...{ unit: '%', figure: (100 * cached) / characters },
    });
    const begunAnew = requests - goingOn.requests;
    row({
      what: 'requests that do not begin with the one before',
      ...{ unit: '', figure: begunAnew },
      target: { text: `${checkpoints} checkpoints`, reached: begunAnew === checkpoints },
    });
    row({ what: 'a request, on average', ...{ unit: 'characters', figure: characters / requests } });
  },
};
