import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../src/config/settings.js';

/** Names in capitals that are not settings of the server. */
const OTHERS = [
  // Of docker-compose.yml.
  'GRAFANA_ADMIN',
  'HTTP_HOST',
  // Of the bridge to editors, which is a client.
  'AGENT_RUNTIME_TOKEN',
  'AGENT_RUNTIME_URL',
  // Of the tests.
  'CHAOS_RUNS',
  'CHAOS_SEED',
  'NODE_20',
  // Of other programs.
  'DAC_READ_SEARCH',
  'NIM_ENABLE_AUTO_TOOL_CHOICE',
  'NIM_TOOL_CALL_PARSER',
  'NODE_EXTRA_CA_CERTS',
  'OLLAMA_CONTEXT_LENGTH',
  'OLLAMA_HOST',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'XDG_DATA_HOME',
  // In the code.
  'AGENT_OF',
  'IDE_TOOLS',
  'VIRTUAL_TOOLS',
];

const namesIn = (text: string) => text.match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b/g) ?? [];

describe('The settings', () => {
  it('are the names in capitals of the documentation', () => {
    const named = globSync(['*.md', 'docs/*.md']).flatMap((path) => namesIn(readFileSync(path, 'utf8')));
    expect(new Set(named).size).toBeGreaterThan(20);
    const known = new Set([...SETTING_NAMES, ...OTHERS]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
