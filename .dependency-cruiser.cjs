/**
 * Which file may import which. Rules list what is allowed, so that an import they do not foresee is refused.
 * test/architecture/boundaries.spec.ts plants a violation of every rule here.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

const SPEC = '\\.spec\\.ts$';
/** What is started by name. */
const PROCESSES = '^src/(main|worker|cli|[a-z-]+-cli)\\.ts$';
/** Where everything is put together: the files directly in src, and the modules of the framework. */
const COMPOSITION = '^src/[^/]+\\.ts$|\\.module\\.ts$';
const DOORS = '^src/modules/[^/]+/index\\.ts$';
const OFFLINE_MODEL = '^src/offline-model/offline-model\\.ts$';
const SETTINGS = '^src/config/config\\.ts$';
const VERSION = '^src/shared/infrastructure/version\\.ts$';
const CLIENT = '^packages/client/src/(index|edit)\\.ts$';

const EXTERNAL = ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];
const npm = (...names) => `node_modules/(${names.join('|')})/`;
/** What Node.js offers that does no input or output. */
const PURE_NODE = '^(async_hooks|buffer|crypto|events|timers|timers/promises|util)$';

/** What a client sends, what a process keeps going, the loop, what an answer leads to, how a run begins and ends. */
const RUN_FOLDERS = ['inputs', 'supervision', 'orchestration', 'settlement', 'lifecycle'];

/** A layer of a module or of shared, which is `$1` in what it may import. */
const layer = (name) => ({ path: `^src/(modules/[^/]+|shared)/${name}/`, pathNot: [SPEC, COMPOSITION] });
const layers = (...names) => [`^src/$1/(${names.join('|')})/`, `^src/shared/(${names.join('|')})/`];

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one file, or one of them stands on the wrong side.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-module-cycles',
      comment: 'Modules that need each other through different files are one module all the same.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/modules/[^/]+$' },
      to: { path: '^src/modules/[^/]+$', circular: true },
    },
    {
      name: 'no-dead-files',
      comment: 'What no process imports is dead. The data source is found by TypeORM (migrations-cli.ts).',
      severity: 'error',
      from: { path: PROCESSES },
      to: {
        path: '^src/',
        pathNot: [SPEC, PROCESSES, '^src/migrations-data-source\\.ts$'],
        reachable: false,
      },
    },
    {
      name: 'no-unresolvable-imports',
      comment: 'An import that is not found escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that is there only because another one needs it can go away with that one.',
      severity: 'error',
      from: {},
      // The specs of all workspaces are run by the vitest of the project.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], pathNot: npm('vitest') },
    },
    {
      name: 'no-development-packages',
      comment: 'They are absent in production; their types are not needed there.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, OFFLINE_MODEL] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'offline-model-on-demand',
      comment:
        'The offline model, and the development package it needs, are loaded only where no model is set.',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: {
        path: [OFFLINE_MODEL, npm('@copilotkit/aimock')],
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'no-tests-in-production',
      comment: 'Nothing that ships may need a test.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: SPEC },
      to: { path: [SPEC, '^test/'] },
    },
    {
      name: 'one-door',
      comment:
        'A module is entered through its index.ts only; what that does not export is its own business.',
      severity: 'error',
      from: { path: '^src/(?:modules/)?([^/]+)', pathNot: SPEC },
      to: { path: '^src/modules/', pathNot: ['^src/modules/$1/', DOORS] },
    },
    {
      name: 'door-opens-inwards',
      comment: 'The index.ts of a module exports what is its own.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/index\\.ts$' },
      to: { pathNot: '^src/modules/$1/' },
    },
    {
      name: 'domain-is-pure',
      comment:
        'The domain imports itself and the shared domain: no package, nothing of Node.js, no other layer.',
      severity: 'error',
      from: layer('domain'),
      to: { pathNot: layers('domain') },
    },
    {
      name: 'application-looks-inwards',
      comment: 'Application imports domain and application, its own and shared, and doors of other modules.',
      severity: 'error',
      from: layer('application'),
      to: { path: '^src/', pathNot: [...layers('domain', 'application'), DOORS, SETTINGS] },
    },
    {
      name: 'application-packages',
      comment:
        'Use cases know dependency injection, streams and the tracing API; all input and output is behind a port.',
      severity: 'error',
      from: layer('application'),
      to: {
        dependencyTypes: EXTERNAL,
        pathNot: [npm('@nestjs/common', '@opentelemetry/api', 'rxjs'), PURE_NODE],
      },
    },
    ...RUN_FOLDERS.slice(1).map((folder, index) => ({
      name: `${folder}-looks-down`,
      comment: `The folders of runs/application import in one order: ${RUN_FOLDERS.join(', ')}.`,
      severity: 'error',
      from: { path: `^src/modules/runs/application/${folder}/`, pathNot: SPEC },
      to: { path: `^src/modules/runs/application/(${RUN_FOLDERS.slice(0, index + 1).join('|')})/` },
    })),
    {
      name: 'infrastructure-looks-inwards',
      comment: 'Infrastructure imports every inner layer, its own and shared, but never api.',
      severity: 'error',
      from: layer('infrastructure'),
      to: {
        path: '^src/',
        pathNot: [...layers('domain', 'application', 'infrastructure'), DOORS, SETTINGS, OFFLINE_MODEL],
      },
    },
    {
      name: 'api-looks-inwards',
      comment:
        'Api translates between HTTP and use cases; how something is stored or called is not its concern.',
      severity: 'error',
      from: layer('api'),
      to: { path: '^src/', pathNot: [...layers('domain', 'application', 'api'), DOORS, SETTINGS] },
    },
    {
      name: 'api-reads-domain-types',
      comment:
        'Of its own domain api knows types, errors, views and states; what happens there is a use case.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/api/', pathNot: SPEC },
      to: {
        path: '^src/modules/$1/domain/',
        pathNot: '(\\.errors|\\.states|-view)\\.ts$',
        preCompilationOnly: false,
      },
    },
    {
      name: 'api-packages',
      comment: 'The framework, its description of the API, schemas, streams and limits.',
      severity: 'error',
      from: layer('api'),
      to: {
        dependencyTypes: EXTERNAL,
        pathNot: [
          npm('@nestjs/(common|core|swagger|throttler)', 'zod', 'rxjs', 'express', '@types/express'),
          npm('@willsoto/nestjs-prometheus', 'cockatiel'),
          PURE_NODE,
          '^http$',
        ],
      },
    },
    {
      name: 'api-knows-express-types',
      comment: 'The framework owns the web server; api only names what it is handed.',
      severity: 'error',
      from: layer('api'),
      to: { path: npm('express'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'openai-only-in-models',
      comment: 'One adapter speaks to model providers; all others know the port.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, '^src/modules/models/infrastructure/'] },
      to: { path: npm('openai') },
    },
    {
      name: 'database-only-in-infrastructure',
      comment: 'Tables and SQL are behind repositories and queries.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, COMPOSITION, '/infrastructure/'] },
      to: { path: npm('typeorm', '@nestjs/typeorm', 'pg', '@types/pg', 'pg-types') },
    },
    {
      name: 'typeorm-module-in-composition',
      comment: 'Modules register their tables with it; no class is handed a TypeORM repository (ADR 0019).',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, COMPOSITION] },
      to: { path: npm('@nestjs/typeorm') },
    },
    {
      name: 'database-packages-by-their-door',
      comment: 'What pg and TypeORM do not export may change with any release of theirs.',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { path: npm('typeorm', 'pg'), pathNot: 'node_modules/(typeorm|pg/(esm|lib))/index\\.' },
    },
    {
      name: 'prometheus-only-in-infrastructure',
      comment:
        'Others tell ports what is to be counted. The route of a scrape stands on that of the package.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          SPEC,
          COMPOSITION,
          '/infrastructure/',
          '^src/modules/health/api/metrics\\.controller\\.ts$',
        ],
      },
      to: { path: npm('@willsoto/nestjs-prometheus', 'prom-client') },
    },
    {
      name: 'shared-knows-no-module',
      comment: 'Modules stand on shared, never the other way round.',
      severity: 'error',
      from: { path: '^src/(shared|config)/', pathNot: SPEC },
      to: { path: '^src/modules/' },
    },
    {
      name: 'settings-stand-alone',
      comment: 'Settings are read before anything else is there.',
      severity: 'error',
      from: { path: '^src/config/', pathNot: [SPEC, COMPOSITION] },
      to: { pathNot: ['^src/config/', npm('zod'), '^net$'] },
    },
    {
      name: 'environment-through-settings',
      comment: 'read-config.ts alone reads the environment; the linter sees the global `process`.',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, '^src/config/read-config\\.ts$'] },
      to: { path: '^process$' },
    },
    {
      name: 'composition-is-outermost',
      comment: 'Nothing but composition, and the door of a module, imports composition.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: [SPEC, COMPOSITION, DOORS] },
      to: { path: COMPOSITION },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'A migration does the same for ever, whatever becomes of the code.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { pathNot: npm('typeorm') },
    },
    {
      name: 'ide-stands-alone',
      comment: 'The tools run where the files are: they know the client library, and nothing of the server.',
      severity: 'error',
      from: { path: '^src/ide/', pathNot: SPEC },
      to: { pathNot: ['^src/ide/', CLIENT], dependencyTypesNot: ['core'] },
    },
    {
      name: 'hands-are-clients',
      comment:
        'What executes calls, for an editor or without one, knows the server by the client library alone.',
      severity: 'error',
      from: { path: '^src/(acp|hands|access|console-cli)', pathNot: SPEC },
      to: {
        path: ['^src/', '^packages/'],
        pathNot: ['^src/$1/', '^src/(access|ide)/', '^src/command-line\\.ts$', VERSION, CLIENT],
      },
    },
    {
      name: 'mcp-in-one-folder',
      comment:
        'The servers that an editor hands over are known to one folder of the bridge; all others see tools.',
      severity: 'error',
      from: { path: '^(src|console/src)/', pathNot: [SPEC, '^src/acp/mcp/'] },
      to: { path: npm('@modelcontextprotocol') },
    },
    {
      name: 'client-stands-alone',
      comment:
        'The client library runs in editors and browsers: no package, nothing of Node.js or the server.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { pathNot: '^packages/client/src/' },
    },
    {
      name: 'console-speaks-the-protocol',
      comment: 'The page knows the server by the doors of the client library alone.',
      severity: 'error',
      from: { path: '^console/src/' },
      to: { pathNot: ['^console/src/', '^packages/client/src/(index|edit)\\.ts$', 'node_modules/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count: a layer that knows another's types depends on it.
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
