import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../config/read-config.js';
import { logOutput } from './log-output.js';

/** Characters of a client that a terminal or a reader of lines would interpret. */
const HOSTILE = 'x\n{"level":30,"msg":"forged"}\r\n\u001b[2K\u009b31m\u007f\u0085\u2028\u202e\b\u0000\\n';

function logged(format: 'json' | 'pretty', write: (logger: pino.Logger) => void): string {
  let text = '';
  const config = readConfig({ LOG_FORMAT: format }, false);
  write(pino({}, logOutput(config, { write: (line) => void (text += line) })));
  return text;
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

describe.each(['json', 'pretty'] as const)('the log as %s', (format) => {
  it('has one line for each call, also where a text has control characters', () => {
    const text = logged(format, (logger) => {
      logger.info(HOSTILE);
      logger.info({ path: HOSTILE, [HOSTILE]: 1 }, 'a request');
      logger.info({ nested: { deep: [HOSTILE] } });
    });
    expect(text.trimEnd().split('\n')).toHaveLength(3);
    expect(text).not.toMatch(CONTROL);
    expect(text).toContain('forged');
  });

  it('has no secret', () => {
    const text = logged(format, (logger) => {
      logger.error({ err: new Error('cannot reach redis://:hunter22@cache') }, 'with ar_0123456789abcdef');
    });
    expect(text).toContain('redis://[redacted]@cache');
    expect(text).not.toMatch(/hunter22|0123456789abcdef/);
  });
});

describe('the log on a terminal', () => {
  it('shows a stack line by line, and in its message nothing that looks like a line of the log', () => {
    const text = logged('pretty', (logger) => logger.error({ err: new Error(HOSTILE) }, 'a defect'));
    const [first, ...others] = text.trimEnd().split('\n');
    expect(first).toContain('a defect');
    expect(others.length).toBeGreaterThan(3);
    expect(others.filter((line) => !/^ {4}/.test(line))).toEqual([]);
    expect(text).not.toMatch(CONTROL);
  });
});

describe('the log as JSON', () => {
  it('has the message and its fields', () => {
    const [line] = logged('json', (logger) => logger.info({ path: HOSTILE }, HOSTILE)).split('\n');
    expect(JSON.parse(line!)).toMatchObject({ msg: HOSTILE, path: HOSTILE });
  });
});
