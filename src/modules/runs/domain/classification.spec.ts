import { describe, expect, it } from 'vitest';
import { classifyByKeywords } from './classification.js';

describe('the classification by keywords', () => {
  it.each([
    ['Rename the variable in utils.ts', 'code'],
    ['Добавь проверку пароля', 'code'],
    ['Why is this slow?', 'explain'],
    ['Объясни этот модуль', 'explain'],
    ['что делает эта функция', 'explain'],
    ['The build fails with an exception', 'debug'],
    ['Почему падает тест', 'debug'],
    ['Design a new billing system', 'plan'],
    ['Спроектируй новую схему', 'plan'],
    ['Show me whatever seems newest', 'code'],
    ['', 'code'],
  ])('takes “%s” for %s', (task, agent) => {
    expect(classifyByKeywords(task)).toMatchObject({ agent, isAtomic: agent !== 'plan', confidence: 'low' });
  });
});
