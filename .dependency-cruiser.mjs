/** Directions of imports: `from` may reach only `to` (packages aside). See docs/architecture.md. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.tsx?$' },
  to: { pathNot: to, dependencyTypesNot: ['npm', 'npm-dev', 'core', 'npm-no-pkg', 'unknown'] },
});
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '\\?(url|worker|raw)$' } },
    only('core-only-core', '^src/core', '^src/core'),
    only('formats', '^src/formats', '^src/(formats|core)'),
    only('protocol', '^src/protocol', '^src/(protocol|core)'),
    only('engine', '^src/engine', '^(src/(engine|protocol|core)|workers/inference\\.worker\\.ts)'),
    only('state', '^src/state', '^src/(state|engine|protocol|core)|^models'),
    only('views', '^src/views', '^src/(views|core|protocol|ui/(cx|marks))'),
    only('ui', '^src/ui', '^src/(ui|views|state|core|protocol)'),
    only('workers', '^workers', '^(workers|src/(core|formats|protocol)|models)'),
    {
      name: 'views-apart',
      severity: 'error',
      from: { path: '^src/views/([^/]+)/' },
      to: { path: '^src/views/[^/]+/', pathNot: '^src/views/($1|shared)/' },
    },
    {
      name: 'ort-only-in-onnx',
      severity: 'error',
      // The two places that give a platform its runtime hand it in.
      from: { pathNot: '^(workers/(backends/onnx|browser-platform\\.ts)|src/cli)|\\.test\\.ts$' },
      to: { path: 'node_modules/onnxruntime-web' },
    },
    {
      name: 'core-no-npm',
      severity: 'error',
      from: { path: '^src/core', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm', 'core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.css'],
    },
  },
};
