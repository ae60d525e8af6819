interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly samples: Sample[];
}

/** Reads Prometheus' text format (its documentation, “Exposition formats”). @throws Error for what is not of it */
export function parseMetrics(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  let current: Metric | undefined;
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name && type) {
      current = { name, type, samples: [] };
      metrics.set(name, current);
    } else if (line !== '' && !line.startsWith('# HELP ')) {
      const sample = parseSample(line);
      if (!current || !seriesOf(current).includes(sample.name)) throw new Error(`belongs to none: ${line}`);
      current.samples.push(sample);
    }
  }
  return metrics;
}

/** What a query may call its series. */
export const seriesOf = ({ name, type }: Metric): string[] =>
  type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name];

function parseSample(line: string): Sample {
  const [, name, labels = '', value] = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
  if (!name || !value) throw new Error(`no sample: ${line}`);
  const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, of]) => [label!, of!]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
}
