import { isServerUrl } from './open-access.js';
import { findDaemon } from './find-daemon.js';
import { LocalServer } from './local-server.js';
import { NotPrivate } from './private-file.js';
import { type Setup, isStorable, readSetup, setupFileOf, writeSetup } from './setup-file.js';
import { OPENAI, modelsOf, userOf } from './check-setup.js';
import { Questions } from './questions.js';

/** What is asked for here; other settings in the file stay. */
const ASKED = [
  ...['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'AGENTS_DEFAULT_MODEL', 'MODELS_FILE'],
  ...['AGENT_RUNTIME_URL', 'AGENT_RUNTIME_TOKEN'],
];
const DEFAULT_MODEL = 'gpt-5-mini';

/**
 * Asks which model answers, or which server, and keeps it in the setup file. A daemon that is there takes it at once.
 * @throws InputEnded, and DaemonNotStarted where the daemon does not start with it
 */
export async function setUp(folder: string): Promise<void> {
  using questions = new Questions();
  const kept = Object.entries(await known(folder)).filter(([name]) => !ASKED.includes(name));
  console.log('Agents run 1 on this machine, with a model server, or 2 on a server of your team.');
  const isHere = (await asked(questions, 'Where (1 or 2)', (answer) => /^[12]$/.test(answer), '1')) === '1';
  const chosen = isHere ? await modelServer(questions) : await otherServer(questions);
  const given = Object.entries(chosen).filter(([, value]) => value !== '');
  await writeSetup(folder, Object.fromEntries([...kept, ...given]));
  console.log(`Saved in ${setupFileOf(folder)}.`);
  if (isHere && (await findDaemon(folder))) await new LocalServer(folder).daemon();
}

async function known(folder: string): Promise<Setup> {
  try {
    return await readSetup(folder);
  } catch (error) {
    if (!(error instanceof NotPrivate)) throw error;
    console.log(`${error.message}: it is replaced.`);
    return {};
  }
}

async function modelServer(questions: Questions): Promise<Setup> {
  for (;;) {
    const url = await asked(questions, `Its address (Enter for ${OPENAI})`, (text) => !text || isUrl(text));
    const key = await secret(questions, 'Its key (not shown; Enter for none)', url !== '');
    const models = await checked(() => modelsOf(withoutSlash(url), key));
    if (typeof models === 'string') {
      if (!(await questions.confirm(`${models}. Save it all the same?`))) continue;
    } else console.log(`It answers, with ${models.length} models.`);
    const list = typeof models === 'string' ? [] : models;
    const first = list.includes(DEFAULT_MODEL) ? DEFAULT_MODEL : (list[0] ?? DEFAULT_MODEL);
    const model = await asked(questions, 'The model', isStorable, first);
    const isUnknown = list.length > 0 && !list.includes(model);
    if (isUnknown && !(await questions.confirm(`It does not list ${model}. Save it all the same?`))) continue;
    return { OPENAI_BASE_URL: withoutSlash(url), OPENAI_API_KEY: key, AGENTS_DEFAULT_MODEL: model };
  }
}

async function otherServer(questions: Questions): Promise<Setup> {
  for (;;) {
    const url = withoutSlash(await asked(questions, 'Its address, as https://agents.example.com', isUrl));
    const token = await secret(questions, 'Your key or token for it (not shown; Enter for none)', true);
    const user = await checked(async () => [await userOf(url, token)]);
    if (typeof user === 'string') {
      if (!(await questions.confirm(`${user}. Save it all the same?`))) continue;
    } else console.log(`It knows you as ${user[0]}.`);
    return { AGENT_RUNTIME_URL: url, AGENT_RUNTIME_TOKEN: token };
  }
}

const isUrl = (text: string): boolean => isServerUrl(text) && isStorable(text);
const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

/** Asks until an answer fits. */
async function asked(
  questions: Questions,
  question: string,
  fits: (answer: string) => boolean,
  fallback?: string,
): Promise<string> {
  for (;;) {
    const answer = await questions.ask(question, fallback);
    if (fits(answer)) return answer;
    console.log('That does not fit.');
  }
}

async function secret(questions: Questions, question: string, mayBeEmpty: boolean): Promise<string> {
  for (;;) {
    const answer = await questions.askHidden(question);
    if (/^[\x21-\x26\x28-\x7e]*$/.test(answer) && (mayBeEmpty || answer)) return answer;
    console.log(answer ? 'A key has no such characters.' : 'OpenAI wants a key.');
  }
}

/** What the check brings, or why it fails, in words. */
async function checked(check: () => Promise<string[]>): Promise<string[] | string> {
  try {
    return await check();
  } catch (error) {
    return (error as Error).message;
  }
}
