// Makes dist/: what users install, bundled, because Node strips no types inside node_modules and two hundred small files cost
// far more to load than a few large ones.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { languageBundle } from './language-bundle.ts';

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
};

// The programs are CommonJS: `import 'node:http'` reads every export once to make its namespace, among them the getters that load
// undici, which takes as long as starting Node does; `require` leaves them alone.
const commonJs: BuildOptions = { ...shared, format: 'cjs', define: { 'import.meta.dirname': '__dirname' } };

// A program is a small file that turns the compile cache on, and one large file with everything else: a hundred pieces shared
// between the programs would cost more to find and link than to load twice from the cache. The server is a file of its own, since
// inside a file that may not need it each of its modules would be a function that is called when first asked for.
const programs = {
  millrace: 'src/main/command-line.ts',
  agent: 'src/main/agent-process.ts',
  az: 'src/cli/az/index.ts',
};
const large = [...Object.values(programs), 'src/main/server.ts'];

/**
 * What most starts never come to, though something they load imports it: TLS waits for the first certificate to be shown, Fastify
 * compares versions of plug-ins and speaks HTTP/2 when asked to. Loaded at the first use of any of its names.
 */
const loadedLate: Plugin = {
  name: 'loaded at first use',
  setup(context) {
    context.onResolve(
      { filter: /^(semver|node:(tls|https|http2|readline(\/promises)?))$/ },
      ({ path, resolveDir, namespace }) =>
        namespace === 'file' ? { path, namespace: 'late', pluginData: resolveDir } : undefined,
    );
    context.onLoad({ filter: /./, namespace: 'late' }, ({ path, pluginData: resolveDir }) => {
      const names = Object.keys(createRequire(join(resolveDir, 'index.js'))(path) as object);
      const getters = names.map((name) => `get ${name}() { return require('${path}').${name}; },`);
      return { contents: `module.exports = {\n${getters.join('\n')}\n};`, resolveDir };
    });
  },
};

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
await build({
  ...commonJs,
  entryPoints: [
    ...large.map((file) => ({ in: file, out: outputOf(file) })),
    ...Object.keys(programs).map((name) => ({ in: `src/main/${name}.ts`, out: name })),
  ],
  outdir: 'dist',
  // A large file is asked for by `require`: an `import` of it would read it through for the names that it exports.
  supported: { 'dynamic-import': false },
  plugins: [
    loadedLate,
    {
      name: 'a large file stays a file of its own',
      setup(context) {
        context.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
          const file = large.find((one) => resolve(one) === resolve(resolveDir, path));
          return kind === 'dynamic-import' && file ? { path: `./${outputOf(file)}.js`, external: true } : undefined;
        });
      },
    },
  ],
});
// For other programs to import: an ES module.
await build(languageBundle('dist/language.mjs'));
// Its types, for programs in TypeScript: an ES module, which the package around it isn't.
const types = spawnSync(
  'node_modules/.bin/tsc',
  [
    ...[
      'src/language/index.ts',
      '--ignoreConfig',
      '--declaration',
      '--emitDeclarationOnly',
      '--skipLibCheck',
      '--strict',
    ],
    ...['--outDir', 'dist/types', '--rootDir', 'src', '--module', 'nodenext', '--target', 'esnext'],
    ...['--allowImportingTsExtensions', '--resolveJsonModule'],
  ],
  { stdio: 'inherit' },
);
if (types.status !== 0) throw new Error('The types of the language could not be made.');
writeFileSync('dist/types/package.json', '{ "type": "module" }\n');
for (const task of readdirSync('tasks', { withFileTypes: true }).filter((entry) =>
  existsSync(`tasks/${entry.name}/task.json`),
)) {
  await build({
    ...commonJs,
    entryPoints: [`tasks/${task.name}/index.ts`],
    outfile: `dist/tasks/${task.name}/index.js`,
  });
  cpSync(`tasks/${task.name}/task.json`, `dist/tasks/${task.name}/task.json`);
}
cpSync('tasks/service-tasks.json', 'dist/tasks/service-tasks.json');

// What parallel jobs run beside the entry script; read from beside the code that plans them.
cpSync('src/ml/jobtypes/parallel/parallel-driver.py', 'dist/parallel-driver.py');

function outputOf(file: string): string {
  return file.endsWith('/index.ts') ? `${basename(dirname(file))}-command` : basename(file, '.ts');
}
