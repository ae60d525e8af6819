import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const KEBAB = '[a-z][a-z0-9]*(-[a-z0-9]+)*';
/** Only where kinds differ: a use case and an aggregate have none. */
const SUFFIX = '(row|repository|queries|events|errors|states|dto|controller|module|metrics)';
const LAYER = '(domain|application|infrastructure|api)';
/** These say nothing of what is in them. */
const EMPTY_WORDS = /[/.-](utils?|helpers?|common|base|managers?|impl)[/.-]/;

/** Where source may be: a module has its door, its composition, and its layers. Only runs/application has folders. */
const PLACES = new RegExp(
  `^(${[
    `src/${KEBAB}`,
    `src/(access|acp|acp/mcp|config|daemon|hands|ide|offline-model)/${KEBAB}`,
    `src/shared/${LAYER}/(${KEBAB}/)?${KEBAB}`,
    `src/modules/${KEBAB}/(index|${KEBAB}\\.module)`,
    `src/modules/${KEBAB}/${LAYER}/${KEBAB}`,
    `src/modules/runs/application/${KEBAB}/${KEBAB}`,
    `test/(${KEBAB}/)*${KEBAB}`,
    `migrations/\\d+-${KEBAB}`,
  ].join('|')})(\\.${SUFFIX})?(\\.spec)?\\.ts$`,
);

const isSound = (path: string) => PLACES.test(path) && !EMPTY_WORDS.test(path);

describe('The names and places of files', () => {
  it('keep the rules everywhere', () => {
    const files = globSync(['{src,migrations}/**/*', 'test/**/*.ts'], { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative('', join(parentPath, name)));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((path) => !isSound(path))).toEqual([]);
  });

  it.each([
    ['deeper than module, layer and file', 'src/modules/runs/domain/states/run.ts'],
    ['deeper than the folders of runs/application', 'src/modules/runs/application/inputs/plans/send.ts'],
    ['in a folder of another application layer', 'src/modules/jobs/application/inputs/send.ts'],
    ['beside the layers of a module', 'src/modules/runs/run.ts'],
    ['in a layer there is not', 'src/modules/runs/services/run.ts'],
    ['outside of modules and shared', 'src/lib/run.ts'],
    ['beside the layers of shared', 'src/shared/run.ts'],
    ['deep in shared', 'src/shared/infrastructure/events/log/run.ts'],
    ['in camel case', 'src/modules/runs/domain/runPhase.ts'],
    ['in capitals', 'src/modules/runs/domain/Run.ts'],
    ['in snake case', 'src/modules/runs/domain/run_phase.ts'],
    ['with a suffix of their own', 'src/modules/runs/application/start.service.ts'],
    ['that are no TypeScript', 'src/modules/runs/domain/run.js'],
    ['called utils', 'src/modules/runs/domain/utils.ts'],
    ['called something-utils', 'src/modules/runs/domain/date-utils.ts'],
    ['in a folder called helpers', 'test/helpers/client.ts'],
    ['called common', 'src/modules/common/index.ts'],
    ['called base', 'src/shared/domain/base.repository.ts'],
    ['called manager', 'src/modules/runs/application/run-manager.ts'],
    ['called impl', 'src/modules/runs/infrastructure/run-impl.ts'],
  ])('refuse files %s', (_, path) => {
    expect(isSound(path)).toBe(false);
  });
});
