import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { promtool } from './support/promtool.js';
import { seriesIn, servedSeries } from './support/served-series.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string; readonly thresholds?: object } };
  readonly targets?: { readonly expr: string; readonly datasource: unknown }[];
}

const COLUMNS = 24;
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' };

const dashboard = JSON.parse(readFileSync('deploy/grafana/agent-runtime.json', 'utf8')) as {
  readonly panels: Panel[];
  readonly templating: { readonly list: { readonly name: string; readonly type: string }[] };
};
const { panels } = dashboard;
const charts = panels.filter(({ type }) => type !== 'row');
/** With the times that Grafana puts in. */
const expressions = charts
  .flatMap(({ targets }) => targets!.map(({ expr }) => expr))
  .map((expr) => expr.replaceAll(/\$__(rate_interval|range)/g, '5m'));

const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

describe('the dashboard', () => {
  it('answers four questions, each with several panels', () => {
    const rows = panels.filter(({ type }) => type === 'row');
    expect(rows.map(({ title }) => title)).toEqual([
      'Is it healthy?',
      'Is it fast?',
      'What is stuck?',
      'What does it cost?',
    ]);
    for (const [index, row] of rows.entries()) {
      const end = rows[index + 1]?.gridPos.y ?? Infinity;
      const own = charts.filter(({ gridPos }) => gridPos.y > row.gridPos.y && gridPos.y < end);
      expect(own.length).toBeGreaterThan(3);
    }
  });

  it('lays its panels out side by side, each with an id of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [index, panel] of panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(COLUMNS);
      const overlapping = panels.slice(index + 1).filter((other) => overlap(panel, other));
      expect(overlapping.map(({ title }) => `${panel.title} and ${title}`)).toEqual([]);
    }
  });

  it('says of each panel what it shows and in which unit', () => {
    for (const { title, description, fieldConfig } of charts) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults, title).toMatchObject({
        unit: expect.any(String),
        thresholds: expect.any(Object),
      });
    }
  });

  it('works on any Prometheus that is chosen', () => {
    expect(dashboard.templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }]);
    for (const { datasource, targets } of charts) {
      expect(datasource).toEqual(DATA_SOURCE);
      for (const target of targets!) expect(target.datasource).toEqual(DATA_SOURCE);
    }
  });

  it.skipIf(isLeftOutWithout('promtool'))('asks in words that Prometheus understands', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    try {
      const rules = expressions.map((expr, index) => ({ record: `expression_${index}`, expr }));
      await writeFile(join(folder, 'rules.yml'), stringify({ groups: [{ name: 'dashboard', rules }] }));
      expect(promtool('check', 'rules', join(folder, 'rules.yml'))).toMatchObject({ ok: true });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('asks for nothing that the server does not tell, and leaves out nothing of its own', async () => {
    const served = await servedSeries();
    const asked = new Set(expressions.flatMap(seriesIn));
    expect([...asked].filter((name) => !served.has(name))).toEqual([]);
    const own = [...served].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    const shown = new Set([...asked].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    expect(own.filter((name) => !/^(process|nodejs)_/.test(name) && !shown.has(name))).toEqual([]);
  });
});
