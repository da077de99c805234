import type { KeptSources } from '../kept-sources.ts';
import type { VariableGroups, Variables } from './state.ts';

/** What is known of a run when it is queued, besides its plan. Stored sealed. */
export type RunInfo = {
  readonly project: { readonly id: string; readonly name: string };
  readonly definition: { readonly id: number; readonly name: string; readonly revision: number };
  readonly source: RunSource;
  /** The files that it was compiled from; absent where they were too large, and in runs of older servers. */
  readonly sources?: KeptSources;
  /** The other repositories that its jobs check out, by their aliases in lower case; runs of older servers have none. */
  readonly repositories?: Readonly<Record<string, RunRepository>>;
  readonly reason: string;
  readonly requestedFor: string;
  readonly options: RunOptions;
  /** Queue-time variables. */
  readonly queueVariables: Variables;
  /** The values of variable groups that were given with the run; runs of older servers have none. */
  readonly groups?: VariableGroups;
  readonly templateParameters: Readonly<Record<string, unknown>>;
  /** Root and queue-time variables as evaluated when the run was queued. */
  readonly variables: Variables;
  readonly finalYaml?: string;
  readonly warnings: readonly string[];
  readonly provisioned: readonly string[];
};

export type RunOptions = {
  /** Fail as Azure would for what isn't there, instead of making it. */
  readonly strict: boolean;
  /** The committed state rather than the files as they lie in the working tree. */
  readonly cleanCheckout: boolean;
  readonly az: 'embedded' | 'real';
  /** Started by `millrace run` and belonging to whoever sits there: canceled, it takes along what its steps set going. */
  readonly local?: boolean;
};

/** A repository besides the pipeline's own, at one commit. */
export type RunRepository = {
  /** As the pipeline declares it, or what an inline reference says. */
  readonly alias: string;
  /** Its own name, without a project. */
  readonly name: string;
  /** An absolute folder of this machine or an address for git. */
  readonly url: string;
  readonly ref: string;
  readonly version: string;
  /** Whether a checkout brings the commit, or the files as they lie in the folder. */
  readonly source: 'working-tree' | 'commit';
};

/** Where the pipeline's file and its code come from. */
export type RunSource = {
  /** Absolute path of the repository's top folder on this machine. */
  readonly root: string;
  /** The pipeline's path in it, with a leading slash. */
  readonly file: string;
  readonly repositoryName: string;
  readonly repositoryId: string;
  /** Full ref, e.g. `refs/heads/main`; that of a folder without git is `refs/heads/main` too. */
  readonly branch: string;
  /** Commit id; forty zeros where there is none. */
  readonly version: string;
  readonly author: string;
  readonly message: string;
  /** Whether the root is the top of a git repository, so that its committed state can be had. */
  readonly isTop: boolean;
};
