import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What a job says about the git tree it was submitted from: repository, branch, commit, whether files were changed (documented
 * property names). Nothing outside a git tree, or without git. A repository address that holds a credential is left out.
 */
export async function gitProperties(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, string>> {
  if (!insideGitTree(folder)) return {};
  const git = (...words: string[]) =>
    new Promise<string | undefined>((done) => {
      execFile(
        'git',
        words,
        { cwd: folder, env: { ...env, GIT_OPTIONAL_LOCKS: '0' }, timeout: 10_000, maxBuffer: 16 * 1024 * 1024 },
        (error, stdout) => done(error ? undefined : stdout.trim()),
      );
    });
  const [url, branch, commit, changes] = await Promise.all([
    git('ls-remote', '--get-url'),
    git('symbolic-ref', '--short', 'HEAD'),
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=no', '.'),
  ]);
  const known: Record<string, string> = {};
  if (url && url !== 'origin' && !/:\/\/[^/@]+@/.test(url)) known['mlflow.source.git.repoURL'] = url;
  if (branch) known['mlflow.source.git.branch'] = branch;
  if (commit) known['mlflow.source.git.commit'] = commit;
  if (changes !== undefined) known['azureml.git.dirty'] = changes === '' ? 'False' : 'True';
  return known;
}

function insideGitTree(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (dirname(at) === at) return false;
  }
}
