import { posix } from 'node:path';
import { invalid } from '../kernel/errors.ts';

/** A build context in a git repository, as docker writes it: `https://host/org/repository.git#reference:folder`. */
export type GitContext = {
  /** What git is asked with, without user name and password: `https://host/org/repository.git`. */
  readonly url: string;
  /** For the header of an HTTP request, where the address had a user name or a password. A secret. */
  readonly authorization?: string;
  /** A branch, a tag, `refs/…` or the 40 digits of a commit; absent: the repository's own branch. */
  readonly reference?: string;
  /** Relative to the repository; `.` for all of it. */
  readonly folder: string;
};

const HOSTS = /^(?:www\.)?(?:[\w.-]*git[\w.-]*|bitbucket\.org|codeberg\.org)(?::\d+)?$/i;
/** What git itself allows in the name of a reference, and a commit's digits; never an option. */
const REFERENCE = /^(?![-/])(?!.*(?:\.\.|@\{|\/\/))[^\s~^:?*[\\\p{Cc}]+$/u;

/**
 * Reads a `contextUri` that names a git repository. Storage is never one: what is uploaded lies there.
 * @returns undefined for an address of something else
 * @throws invalid for a repository that cannot be asked for, or asked for so
 */
export function readGitContext(contextUri: string): GitContext | undefined {
  const [address = '', ...rest] = contextUri.split('#');
  const fragment = rest.join('#');
  if (/^file:/i.test(address))
    throw bad(contextUri, 'a build context is uploaded, or lies in a repository that is fetched by https, ssh or git');
  const bare = address.replace(/^git\+(?=https?:|ssh:)/i, '');
  if (/^git@[\w.-]+:[^-]/.test(bare)) return { url: bare, ...within(contextUri, fragment) };
  let url: URL;
  try {
    url = new URL(bare);
  } catch {
    return undefined;
  }
  if (/^(?:git|ssh):$/.test(url.protocol)) {
    if (url.password !== '') throw bad(contextUri, 'an address of ssh or git has no password; use a key');
    if (url.hostname === '' || /^-/.test(url.hostname) || /^-/.test(url.username))
      throw bad(contextUri, 'it names no host');
    return { url: url.href, ...within(contextUri, fragment) };
  }
  if (!/^https?:$/.test(url.protocol) || /\.(?:blob|dfs)\.core\./i.test(url.hostname)) return undefined;
  const isRepository =
    /\.git\/?$/i.test(url.pathname) || url.pathname.includes('/_git/') || fragment !== '' || HOSTS.test(url.host);
  if (!isRepository) return undefined;
  if (!/[^/]/.test(url.pathname)) throw bad(contextUri, 'it names a host and no repository');
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    url: url.href,
    ...(username === '' && password === '' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
    ...within(contextUri, fragment),
  };
}

function within(contextUri: string, fragment: string): Pick<GitContext, 'reference' | 'folder'> {
  let text: string;
  try {
    text = decodeURIComponent(fragment);
  } catch {
    throw bad(contextUri, 'what follows the # is not written as in an address');
  }
  const [reference = '', ...rest] = text.split(':');
  const folder = posix.normalize(`./${rest.join(':')}`).replace(/\/$/, '') || '.';
  if (reference !== '' && !REFERENCE.test(reference))
    throw bad(contextUri, `'${reference}' is no branch, tag or commit`);
  if (/^\.\.(?:\/|$)/.test(folder) || /[\\\p{Cc}]/u.test(folder))
    throw bad(contextUri, `the folder '${rest.join(':')}' leaves the repository`);
  return { ...(reference === '' ? {} : { reference }), folder };
}

function bad(contextUri: string, why: string): Error {
  // Without what may be a password.
  const shown = contextUri.slice(0, 300).replace(/(\/\/)[^/]*@/, '$1***@');
  return invalid(
    `The build context '${shown}' cannot be used: ${why}. Write it as 'https://host/organization/repository.git#branch:folder'.`,
    { wire: 'UserError', target: 'contextUri' },
  );
}
