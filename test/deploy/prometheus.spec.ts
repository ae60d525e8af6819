import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { promtool } from './support/promtool.js';
import { seriesIn, servedSeries } from './support/served-series.js';

const RULES = 'deploy/prometheus/rules.yml';
const TESTS = 'deploy/prometheus/rules.test.yml';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** GitHub's way from a heading to its anchor, as far as ours need it. */
const anchorsOf = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(' ', '-'),
  );

describe('the alerts', () => {
  it('are these', () => {
    expect(rules.map(({ alert }) => alert)).toEqual([
      'SlowSSETransaction',
      'RunsStuck',
      'ApprovalsForgotten',
      'JobQueueGrowing',
      'JobFailures',
      'ModelErrors',
      'EventLagHigh',
      'ClockOff',
      'ProcessGone',
    ]);
  });

  it.skipIf(isLeftOutWithout('promtool'))('are rules that Prometheus takes', () => {
    expect(promtool('check', 'rules', RULES)).toMatchObject({ ok: true });
  });

  it.skipIf(isLeftOutWithout('promtool'))('fire when they should and only then', () => {
    expect(promtool('test', 'rules', TESTS)).toMatchObject({ ok: true });
  });

  it.each(rules)('$alert is tested both ways', ({ alert }) => {
    const { tests } = parse(readFileSync(TESTS, 'utf8')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const cases = tests.flatMap((test) => test.alert_rule_test).filter((each) => each.alertname === alert);
    expect(cases.some(({ exp_alerts: expected }) => expected.length > 0)).toBe(true);
    expect(cases.some(({ exp_alerts: expected }) => expected.length === 0)).toBe(true);
  });

  it.each(rules)('$alert says how bad it is, what it is, and where one reads what to do', (rule) => {
    expect(['warning', 'critical']).toContain(rule.labels.severity);
    expect(rule.annotations).toEqual({
      summary: expect.any(String),
      description: expect.any(String),
      runbook: `docs/operations.md#${rule.alert.toLowerCase()}`,
    });
    expect(anchorsOf('docs/operations.md')).toContain(rule.alert.toLowerCase());
  });

  it('ask for nothing that the server does not tell', async () => {
    const served = await servedSeries();
    const asked = rules.flatMap(({ expr }) => seriesIn(expr));
    expect(asked.length).toBeGreaterThan(rules.length);
    // `up` is Prometheus’ own.
    expect(asked.filter((name) => name !== 'up' && !served.has(name))).toEqual([]);
  });
});
