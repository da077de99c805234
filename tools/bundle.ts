// Makes dist/: what users install. One bundle with shared pieces, because Node strips no types inside node_modules and
// two hundred small files cost far more to load than a few large ones.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { type BuildOptions, build } from 'esbuild';

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // CommonJS packages inside an ES module bundle still ask for `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
};

rmSync('dist', { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: ['src/main/millrace.ts', 'src/main/agent.ts', 'src/main/az.ts', 'src/language/index.ts'].map((file) => ({
    in: file,
    out: file.endsWith('language/index.ts') ? 'language' : file.replace(/^.*\/(\w+)\.ts$/, '$1'),
  })),
  outdir: 'dist',
  chunkNames: 'chunks/[hash]',
});
for (const task of readdirSync('tasks', { withFileTypes: true }).filter((entry) => existsSync(`tasks/${entry.name}/task.json`))) {
  await build({
    ...shared,
    splitting: false,
    entryPoints: [`tasks/${task.name}/index.ts`],
    outfile: `dist/tasks/${task.name}/index.js`,
  });
  cpSync(`tasks/${task.name}/task.json`, `dist/tasks/${task.name}/task.json`);
}
