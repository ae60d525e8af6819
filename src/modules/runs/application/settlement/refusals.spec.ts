import { describe, expect, it } from 'vitest';
import { Turn } from '../../../../offline-model/turn.js';
import { NOT_ALLOWED, NOT_ALLOWED_AGAIN, NOT_ALLOWED_IN_TIME } from './apply-decision.js';

describe('the offline model', () => {
  it.each([NOT_ALLOWED, NOT_ALLOWED_IN_TIME, NOT_ALLOWED_AGAIN])(
    'knows a refusal by its words: %s',
    (content) => {
      const turn = Turn.of({
        model: 'offline',
        messages: [
          { role: 'user', content: 'Create a.txt that says hello' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'write_file', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c', content },
        ],
      });
      expect(turn.calls('write_file')).toMatchObject([{ failed: true, refused: true }]);
    },
  );
});
