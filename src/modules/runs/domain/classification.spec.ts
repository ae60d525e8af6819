import { describe, expect, it } from 'vitest';
import { classifyByKeywords } from './classification.js';

describe('the classification by keywords', () => {
  it.each([
    ['Rename the variable in utils.ts', 'coder'],
    ['Добавь проверку пароля', 'coder'],
    ['Why is this slow?', 'ask'],
    ['Объясни этот модуль', 'ask'],
    ['что делает эта функция', 'ask'],
    ['The build fails with an exception', 'debug'],
    ['Почему падает тест', 'debug'],
    ['Design a new billing system', 'architect'],
    ['Спроектируй новую схему', 'architect'],
    ['Show me whatever seems newest', 'coder'],
    ['', 'coder'],
  ])('takes “%s” for %s', (task, agent) => {
    expect(classifyByKeywords(task)).toMatchObject({
      agent,
      isAtomic: agent !== 'architect',
      confidence: 'low',
    });
  });
});
