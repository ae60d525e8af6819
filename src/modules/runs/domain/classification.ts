export const TASK_KINDS = ['code', 'plan', 'debug', 'explain'] as const;
export const CONFIDENCES = ['high', 'medium', 'low'] as const;

export type TaskKind = (typeof TASK_KINDS)[number];

/** The classification of a task. Any task of more than one step is `plan`. */
export interface Classification {
  readonly isAtomic: boolean;
  readonly agent: TaskKind;
  readonly confidence: (typeof CONFIDENCES)[number];
  readonly reason: string;
}

/** The agent for each kind of task. */
export const AGENT_OF: Readonly<Record<TaskKind, string>> = {
  code: 'coder',
  plan: 'architect',
  debug: 'debug',
  explain: 'ask',
};

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

/** Classifies by keywords, when the model cannot. */
export function classifyByKeywords(task: string): Classification {
  const text = task.toLowerCase();
  for (const [agent, keywords] of KEYWORDS) {
    const found = keywords.find((keyword) => matches(text, keyword));
    if (found) {
      const reason = `The task speaks of “${found.replace('-', '…')}”`;
      return { isAtomic: agent !== 'plan', agent, confidence: 'low', reason };
    }
  }
  return { isAtomic: true, agent: 'code', confidence: 'low', reason: 'Nothing in the task points elsewhere' };
}
