import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';
import { runTool, runToolOn } from './support/source-tree.js';

const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: { name: string }[];
};

const CRUISE = [
  '--config',
  '.dependency-cruiser.cjs',
  '--output-type',
  'json',
  'src',
  'migrations',
  'packages/client/src',
  'console/src',
];

/** Who breaks which rule. */
const violations = (report: unknown) =>
  (report as ICruiseResult).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);

/** A little source tree that keeps all rules. */
const SOUND = {
  'packages/client/src/index.ts': `import './frames.js';`,
  'packages/client/src/frames.ts': ``,
  'console/src/main.ts': `import '../../packages/client/src/index.js'; import './app.js';`,
  'console/src/app.ts': ``,
  'src/main.ts': `import './core.module.js'; import './modules/notes/index.js'; import './modules/tags/index.js';
    import './modules/health/index.js';`,
  'src/core.module.ts': `import '@nestjs/typeorm'; import 'typeorm'; export const core = 1;`,
  'src/config/config.ts': `export abstract class Config {}`,
  'src/config/read-config.ts': `import { z } from 'zod'; import './config.js'; export const read = z;`,
  'src/config/config.module.ts': `import './read-config.js';`,
  'src/shared/domain/clock.ts': `export abstract class Clock {}`,
  'src/shared/infrastructure/persistence/database.ts': `import pg from 'pg'; export const pool = pg;`,
  'src/modules/notes/index.ts': `export * from './notes.module.js'; export * from './domain/note.js';`,
  'src/modules/notes/notes.module.ts': `import '../../config/config.module.js'; import './api/notes.controller.js';
    import './infrastructure/sql-notes.js'; export const module = 1;`,
  'src/modules/notes/domain/note.ts': `import { Clock } from '../../../shared/domain/clock.js';
    export const note = Clock;`,
  'src/modules/notes/domain/note.errors.ts': `export class NoteNotFound {}`,
  'src/modules/notes/application/keep-note.ts': `import 'node:timers/promises'; import '@nestjs/common';
    import '@opentelemetry/api'; import 'rxjs'; import '../domain/note.js'; import '../../../config/config.js'; import '../../tags/index.js';`,
  'src/modules/notes/infrastructure/sql-notes.ts': `import 'typeorm';
    import '../../../shared/infrastructure/persistence/database.js'; import '../application/keep-note.js';`,
  'src/modules/notes/api/notes.controller.ts': `import type { Request } from 'express'; import 'zod';
    import '../application/keep-note.js'; import '../domain/note.errors.js';
    import { note } from '../domain/note.js'; export type Note = typeof note & Request;`,
  'src/modules/health/index.ts': `export * from './health.module.js';`,
  'src/modules/health/health.module.ts': `export const module = 1; import '@willsoto/nestjs-prometheus'; import './api/metrics.controller.js';
    import './infrastructure/load.metrics.js';`,
  'src/modules/health/api/metrics.controller.ts': `import '@willsoto/nestjs-prometheus';`,
  'src/modules/health/infrastructure/load.metrics.ts': `import 'prom-client'; import '@willsoto/nestjs-prometheus';`,
  'src/modules/tags/index.ts': `export * from './domain/tag.js';`,
  'src/modules/tags/domain/tag.ts': `export const tag = 1;`,
  'migrations/1-initial.ts': `import type { QueryRunner } from 'typeorm'; export type Runner = QueryRunner;`,
};

/** Rule → files that break it, each on its own. */
const PLANTS: Record<string, Record<string, string>> = {
  'no-cycles': {
    'src/shared/domain/egg.ts': `import { hen } from './hen.js'; export const egg = () => hen;`,
  },
  'no-module-cycles': {
    'src/modules/left/application/other.ts': `import '../../right/index.js';`,
    'src/modules/right/application/other.ts': `import '../../left/index.js';`,
  },
  'no-dead-files': { 'src/shared/domain/forgotten.ts': `` },
  'no-unresolvable-imports': { 'src/shared/infrastructure/lost.ts': `import './nowhere.js';` },
  'no-undeclared-packages': { 'src/shared/infrastructure/borrowed.ts': `import 'semver';` },
  'no-development-packages': {
    'src/shared/infrastructure/tool.ts': `import 'prettier';`,
    'src/modules/notes/infrastructure/on-demand.ts': `await import('@copilotkit/aimock');`,
  },
  'offline-model-on-demand': {
    'src/offline-model/offline-model.ts': `import { LLMock } from '@copilotkit/aimock'; LLMock;`,
    'src/modules/notes/infrastructure/eager.ts': `import '../../../offline-model/offline-model.js';`,
  },
  'no-tests-in-production': {
    'src/shared/infrastructure/tested.ts': `import './tested.spec.js';`,
    'src/shared/infrastructure/supported.ts': `import '../../../test/support/client.js';`,
  },
  'one-door': {
    'src/modules/notes/infrastructure/burglar.ts': `import '../../tags/domain/tag.js';`,
    'src/modules/notes/application/curious.ts': `import type { tag } from '../../tags/domain/tag.js'; export type T = typeof tag;`,
    'src/burglar.ts': `import './modules/tags/domain/tag.js';`,
  },
  'door-opens-inwards': { 'src/modules/window/index.ts': `export * from '../tags/index.js';` },
  'domain-is-pure': {
    'src/modules/notes/domain/packaged.ts': `import 'rxjs';`,
    'src/modules/notes/domain/typed.ts': `import type { Observable } from 'rxjs'; export type T = Observable<1>;`,
    'src/modules/notes/domain/noded.ts': `import 'node:crypto';`,
    'src/modules/notes/domain/outward.ts': `import '../application/keep-note.js';`,
    'src/modules/notes/domain/abroad.ts': `import '../../tags/index.js';`,
    'src/shared/domain/packaged.ts': `import 'uuid';`,
  },
  'application-looks-inwards': {
    'src/modules/notes/application/stored.ts': `import '../infrastructure/sql-notes.js';`,
    'src/modules/notes/application/shown.ts': `import '../api/notes.controller.js';`,
    'src/modules/notes/application/shared.ts': `import '../../../shared/infrastructure/persistence/database.js';`,
    'src/modules/notes/application/unread.ts': `import '../../../config/read-config.js';`,
    'src/shared/application/stored.ts': `import '../infrastructure/persistence/database.js';`,
  },
  'application-packages': {
    'src/modules/notes/application/packaged.ts': `import '@nestjs/core';`,
    'src/modules/notes/application/filed.ts': `import 'node:fs/promises';`,
    'src/shared/application/exported.ts': `import '@opentelemetry/sdk-trace-node';`,
    'src/shared/application/packaged.ts': `import 'zod';`,
  },
  'supervision-looks-down': {
    'src/modules/runs/application/supervision/up.ts': `import '../inputs/send.js';`,
  },
  'orchestration-looks-down': {
    'src/modules/runs/application/orchestration/up.ts': `import '../supervision/supervise.js';`,
  },
  'settlement-looks-down': {
    'src/modules/runs/application/settlement/up.ts': `import '../orchestration/loop.js';`,
  },
  'lifecycle-looks-down': {
    'src/modules/runs/application/lifecycle/up.ts': `import '../settlement/apply.js';`,
    'src/modules/runs/application/lifecycle/far-up.ts': `import '../inputs/send.js';`,
  },
  'infrastructure-looks-inwards': {
    'src/modules/notes/infrastructure/shown.ts': `import '../api/notes.controller.js';`,
    'src/shared/infrastructure/shown.ts': `import '../api/frames.js';`,
  },
  'api-looks-inwards': {
    'src/modules/notes/api/stored.ts': `import '../infrastructure/sql-notes.js';`,
    'src/shared/api/stored.ts': `import '../infrastructure/persistence/database.js';`,
  },
  'api-reads-domain-types': {
    'src/modules/notes/api/doing.ts': `import { note } from '../domain/note.js'; export const done = note;`,
  },
  'api-packages': {
    'src/modules/notes/api/packaged.ts': `import 'prom-client';`,
    'src/modules/notes/api/filed.ts': `import 'node:fs';`,
    'src/shared/api/packaged.ts': `import 'uuid';`,
  },
  'api-knows-express-types': { 'src/shared/api/served.ts': `import express from 'express'; express();` },
  'openai-only-in-models': {
    'src/modules/notes/infrastructure/talkative.ts': `import 'openai';`,
    'src/talkative.ts': `import 'openai';`,
  },
  'database-only-in-infrastructure': {
    'src/modules/notes/application/sql.ts': `import 'typeorm';`,
    'src/modules/notes/api/sql.ts': `import type { Client } from 'pg'; export type T = Client;`,
    'src/modules/notes/application/rows.ts': `import '@nestjs/typeorm';`,
  },
  'typeorm-module-in-composition': {
    'src/modules/notes/infrastructure/injected.ts': `import '@nestjs/typeorm';`,
  },
  'database-packages-by-their-door': {
    'src/shared/infrastructure/insider.ts': `import 'typeorm/driver/postgres/PostgresDriver.js';`,
    'src/shared/infrastructure/tinkerer.ts': `import 'pg/lib/utils.js';`,
  },
  'prometheus-only-in-infrastructure': {
    'src/modules/notes/application/counted.ts': `import type { Counter } from 'prom-client'; export type T = Counter;`,
    'src/modules/notes/api/counted.controller.ts': `import '@willsoto/nestjs-prometheus';`,
    'src/shared/api/counted.ts': `import '@willsoto/nestjs-prometheus';`,
  },
  'shared-knows-no-module': { 'src/shared/application/partial.ts': `import '../../modules/tags/index.js';` },
  'settings-stand-alone': { 'src/config/busy.ts': `import '../shared/domain/clock.js';` },
  'environment-through-settings': {
    'src/shared/infrastructure/sly.ts': `import { env } from 'node:process'; env;`,
  },
  'composition-is-outermost': {
    'src/modules/notes/infrastructure/composed.ts': `import '../../../core.module.js';`,
    'src/modules/notes/api/composed.ts': `import '../notes.module.js';`,
  },
  'migrations-stand-alone': { 'migrations/2-current.ts': `import '../src/core.module.js';` },
  'ide-stands-alone': {
    'src/ide/of-server.ts': `import '../core.module.js';`,
    'src/ide/of-package.ts': `import 'zod';`,
    'src/ide/of-inner-client.ts': `import '../../packages/client/src/frames.js';`,
  },
  'hands-are-clients': {
    'src/hands/of-editors.ts': `import '../acp/of-server.js';`,
    'src/acp-cli.ts': `import './core.module.js';`,
    'src/access/of-server.ts': `import '../modules/tags/index.js';`,
    'src/acp/of-server.ts': `import '../modules/tags/index.js';`,
    'src/acp/of-inner-client.ts': `import '../../packages/client/src/frames.js';`,
  },
  'mcp-in-one-folder': {
    'src/acp/of-mcp.ts': `import '@modelcontextprotocol/client';`,
    'src/hands/of-mcp.ts': `import type { Tool } from '@modelcontextprotocol/client'; export type T = Tool;`,
  },
  'client-stands-alone': {
    'packages/client/src/of-node.ts': `import 'node:fs';`,
    'packages/client/src/of-server.ts': `import '../../../src/core.module.js';`,
  },
  'console-speaks-the-protocol': {
    'console/src/of-server.ts': `import '../../src/core.module.js';`,
    'console/src/of-inner-client.ts': `import '../../packages/client/src/frames.js';`,
  },
};

/** What the plants need beside them. */
const BESIDE = {
  'src/modules/runs/application/inputs/send.ts': `import '../lifecycle/begin.js';`,
  'src/modules/runs/application/supervision/supervise.ts': ``,
  'src/modules/runs/application/orchestration/loop.ts': ``,
  'src/modules/runs/application/settlement/apply.ts': ``,
  'src/modules/runs/application/lifecycle/begin.ts': ``,
  'src/shared/domain/hen.ts': `import { egg } from './egg.js'; export const hen = () => egg;`,
  'src/shared/api/frames.ts': ``,
  'src/shared/infrastructure/tested.spec.ts': ``,
  'test/support/client.ts': ``,
  'src/modules/left/index.ts': `export * from './domain/one.js';`,
  'src/modules/left/domain/one.ts': ``,
  'src/modules/right/index.ts': `export * from './domain/one.js';`,
  'src/modules/right/domain/one.ts': ``,
};

/** It reads all files, on a machine where the other tests run meanwhile. */
const SOURCE_LIMIT_MS = 600_000;

describe('The boundaries', () => {
  it('are kept by the source', { timeout: SOURCE_LIMIT_MS }, () => {
    expect(violations(runTool('depcruise', CRUISE))).toEqual([]);
  });

  it('leave room for a sound tree', () => {
    expect(violations(runToolOn(SOUND, 'depcruise', CRUISE))).toEqual([]);
  });

  it('are each tried by a plant', () => {
    expect(Object.keys(PLANTS).toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted());
  });

  const planted = Object.assign({}, SOUND, BESIDE, ...Object.values(PLANTS)) as Record<string, string>;
  const caught = violations(runToolOn(planted, 'depcruise', CRUISE));
  const plants = Object.entries(PLANTS).flatMap(([rule, files]) =>
    Object.keys(files).map((file) => ({ rule, file })),
  );

  it.each(plants)('$rule catches $file', ({ rule, file }) => {
    // A rule over folders names the folder.
    const names = [file, dirname(dirname(file))].map((name) => `${rule}: ${name}`);
    expect(caught.filter((violation) => names.includes(violation))).not.toEqual([]);
  });
});
