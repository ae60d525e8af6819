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
 * Beginnings of words, English and Russian, in the order they are tried. Looked for at word starts, so that "latest"
 * does not match "test". What nothing matches is code: the agent for it can do everything.
 */
const KEYWORDS: readonly (readonly [TaskKind, readonly string[]])[] = [
  [
    'plan',
    [
      'plan',
      'design',
      'architect',
      'roadmap',
      'migrate',
      'спланир',
      'план',
      'спроектир',
      'архитектур',
      'мигрир',
    ],
  ],
  [
    'debug',
    [
      ...[
        'debug',
        'bug',
        'error',
        'exception',
        'crash',
        'fail',
        'broken',
        'stack trace',
        'traceback',
        'not work',
      ],
      ...['отлад', 'баг', 'ошибк', 'исключени', 'падает', 'упал', 'сломал', 'не работает'],
    ],
  ],
  [
    'explain',
    [
      ...['explain', 'what', 'why', 'how do', 'how does', 'describe', 'tell me', 'difference'],
      ...['объясн', 'что', 'почему', 'зачем', 'как работа', 'расскаж', 'опиши', 'разниц'],
    ],
  ],
];

/** A guess by words alone, for when no model can be asked. */
export function classifyByKeywords(task: string): Classification {
  const text = task.toLowerCase();
  for (const [agent, keywords] of KEYWORDS) {
    const found = keywords.find((keyword) => new RegExp(`(^|[^\\p{L}])${keyword}`, 'u').test(text));
    if (found) {
      return {
        isAtomic: agent !== 'plan',
        agent,
        confidence: 'low',
        reason: `The task speaks of “${found}”`,
      };
    }
  }
  return { isAtomic: true, agent: 'code', confidence: 'low', reason: 'Nothing in the task points elsewhere' };
}
