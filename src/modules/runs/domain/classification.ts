export const TASK_KINDS = ['code', 'plan', 'debug', 'explain'] as const;
export const CONFIDENCES = ['high', 'medium', 'low'] as const;

export type TaskKind = (typeof TASK_KINDS)[number];

/** What a task is. What takes more than one step is always `plan`. */
export interface Classification {
  readonly isAtomic: boolean;
  readonly agent: TaskKind;
  readonly confidence: (typeof CONFIDENCES)[number];
  readonly reason: string;
}

/** Which agent does which kind of task. */
export const AGENT_OF: Readonly<Record<TaskKind, string>> = {
  code: 'coder',
  plan: 'architect',
  debug: 'debug',
  explain: 'ask',
};

/**
 * Words, English and Russian, in the order they are tried; one that ends in a dash stands for all that begin with it.
 * What nothing matches is code: the agent for it can do everything.
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

/** A guess by words alone, for when no model can be asked. */
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
