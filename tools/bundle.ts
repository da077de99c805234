// Makes dist/: what users install, bundled, because Node strips no types inside node_modules and two hundred small files cost
// far more to load than a few large ones.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // CommonJS packages inside an ES module bundle still ask for `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
};

// A program is a small file that turns the compile cache on, and one large file with everything else: a hundred pieces shared
// between the programs would cost more to find and link than to load twice from the cache.
const programs = {
  millrace: 'src/main/command-line.ts',
  agent: 'src/main/agent-process.ts',
  az: 'src/cli/az/index.ts',
};

rmSync('dist', { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: [
    ...Object.values(programs).map((file) => ({ in: file, out: outputOf(file) })),
    { in: 'src/language/index.ts', out: 'language' },
  ],
  outdir: 'dist',
});
await build({
  ...shared,
  entryPoints: Object.keys(programs).map((name) => `src/main/${name}.ts`),
  outdir: 'dist',
  plugins: [
    {
      name: 'the large file stays a file of its own',
      setup(context) {
        context.onResolve({ filter: /./ }, ({ kind, path, resolveDir }) => {
          const file = Object.values(programs).find((one) => resolve(one) === resolve(resolveDir, path));
          return kind === 'dynamic-import' && file ? { path: `./${outputOf(file)}.js`, external: true } : undefined;
        });
      },
    },
  ],
});
for (const task of readdirSync('tasks', { withFileTypes: true }).filter((entry) =>
  existsSync(`tasks/${entry.name}/task.json`),
)) {
  await build({
    ...shared,
    entryPoints: [`tasks/${task.name}/index.ts`],
    outfile: `dist/tasks/${task.name}/index.js`,
  });
  cpSync(`tasks/${task.name}/task.json`, `dist/tasks/${task.name}/task.json`);
}

function outputOf(file: string): string {
  return file.endsWith('/index.ts') ? `${basename(dirname(file))}-command` : basename(file, '.ts');
}
