import type { BuildOptions } from 'esbuild';

/**
 * How the language becomes one file for other programs: an ES module of its own, which runs wherever the language of the year runs. For the platform
 * `browser`, so that an import of a part of Node fails the build.
 */
export function languageBundle(outfile: string): BuildOptions {
  return {
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2024',
    charset: 'utf8',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    entryPoints: ['src/language/index.ts'],
    outfile,
  };
}
