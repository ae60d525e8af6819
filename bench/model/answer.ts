/** What the model stub is asked for; it stands in the prompt, so that nothing else has to know the stub. */
export interface Wish {
  readonly tokens: number;
  /** Between two tokens; 0 = as fast as they can be taken. */
  readonly delayMs?: number;
  readonly firstTokenMs?: number;
  /** Tool calls, one model call each, before the answer. */
  readonly calls?: number;
}

/** All tokens are equally long, so that a number of characters says which tokens they are. */
export const TOKEN_CHARACTERS = 6;

const WORDS = ['event', 'lease', 'queue', 'retry', 'index', 'batch', 'write', 'model', 'token', 'agent'];
const WISH = /^tokens=(\d+) delay=(\d+) first=(\d+) calls=(\d+)\]/;
const MARK = '[bench ';

export const tokenAt = (index: number): string => `${WORDS[index % WORDS.length]!} `;

const texts = new Map<number, string>();

/** The whole answer of the given number of tokens. */
export function answerOf(tokens: number): string {
  const known = texts.get(tokens);
  if (known !== undefined) return known;
  const text = Array.from({ length: tokens }, (_, index) => tokenAt(index)).join('');
  texts.set(tokens, text);
  return text;
}

export const promptOf = ({ tokens, delayMs = 0, firstTokenMs = 0, calls = 0 }: Wish): string =>
  `${MARK}tokens=${tokens} delay=${delayMs} first=${firstTokenMs} calls=${calls}] Please explain this.`;

/** What a request to the model asks for. The body is searched, not parsed: the stub must cost as little as it can. */
export function wishIn(body: string): Required<Wish> {
  const at = body.lastIndexOf(MARK);
  const [, tokens, delayMs, firstTokenMs, calls] = WISH.exec(body.slice(at + MARK.length, at + 200)) ?? [];
  if (at < 0 || tokens === undefined) throw new Error('the prompt does not say what to answer');
  const answered = body.slice(at).split('"role":"tool"').length - 1;
  return {
    tokens: Number(tokens),
    delayMs: Number(delayMs),
    firstTokenMs: Number(firstTokenMs),
    calls: Number(calls) - answered,
  };
}
