import { execFileSync } from 'node:child_process';

/** Every file that git tracks or would track, relative to the repository's top, that matches. */
export function sourceFiles(matches: RegExp): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed.split('\0').filter((file) => matches.test(file));
}
