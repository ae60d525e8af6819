export const CONFIDENCES = ['high', 'medium', 'low'] as const;

/** The kinds of tasks that have keywords. */
type TaskKind = 'code' | 'plan' | 'debug' | 'explain';

/** The classification of a task. */
export interface Classification {
  /** Whether it needs no plan. */
  readonly isAtomic: boolean;
  /** The id of the agent for it. */
  readonly agent: string;
  readonly confidence: (typeof CONFIDENCES)[number];
  readonly reason: string;
}

/** The built-in agent that plans. */
export const PLANNER = 'architect';

/** The built-in agent for each kind of task. */
const AGENT_OF: Readonly<Record<TaskKind, string>> = {
  code: 'coder',
  plan: PLANNER,
  debug: 'debug',
  explain: 'ask',
};

/** The agent for a kind of task, as models name it that keep to the words of the task rather than to the list. */
export const agentOfKind = (kind: string): string | undefined =>
  Object.hasOwn(AGENT_OF, kind) ? AGENT_OF[kind as TaskKind] : undefined;

/**
 * English and Russian words, checked in this order; `plan-` matches every word that starts with `plan`. A task without a
 * match is `code`: the agent for it can do everything.
 */
const KEYWORDS: readonly (readonly [TaskKind, readonly string[]])[] = [
  [
    'plan',
    [
      ...['plan', 'plans', 'planning', 'design', 'redesign', 'architect-', 'roadmap', 'migrat-'],
      ...['спланир-', 'план', 'спроектир-', 'архитектур-', 'мигр-'],
    ],
  ],
  [
    'debug',
    [
      ...[
        'debug-',
        'bug',
        'bugs',
        'error-',
        'exception-',
        'crash-',
        'fail-',
        'broken',
        'traceback',
        'stack trace',
      ],
      ...[
        'does not work',
        'отлад-',
        'баг-',
        'ошибк-',
        'исключени-',
        'падает',
        'упал-',
        'сломал-',
        'не работает',
      ],
    ],
  ],
  [
    'explain',
    [
      ...['explain-', 'what', 'why', 'how do', 'how does', 'describe', 'tell me', 'difference'],
      ...['объясн-', 'что', 'почему', 'зачем', 'как работа-', 'расскаж-', 'опиши', 'разниц-'],
    ],
  ],
];

const matches = (text: string, keyword: string): boolean => {
  const isStem = keyword.endsWith('-');
  const word = isStem ? keyword.slice(0, -1) : `${keyword}(?!\\p{L})`;
  return new RegExp(`(?<!\\p{L})${word}`, 'u').test(text);
};

/** Classifies by keywords, when the model cannot: among the built-in agents. */
export function classifyByKeywords(task: string): Classification {
  const text = task.toLowerCase();
  for (const [kind, keywords] of KEYWORDS) {
    const found = keywords.find((keyword) => matches(text, keyword));
    if (found) {
      const reason = `The task speaks of “${found.replace('-', '…')}”`;
      return { isAtomic: kind !== 'plan', agent: AGENT_OF[kind], confidence: 'low', reason };
    }
  }
  const reason = 'Nothing in the task points elsewhere';
  return { isAtomic: true, agent: AGENT_OF.code, confidence: 'low', reason };
}
