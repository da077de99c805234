import type { CommandWork } from './plan.ts';

/** A command's resources in the words of a job's body, for what is read as a job without having been sent as one. */
export function shownResources({ nodes, shmSize, dockerArguments }: CommandWork) {
  return {
    instanceCount: nodes,
    shmSize: shmSize ?? '2g',
    ...(dockerArguments === undefined
      ? {}
      : typeof dockerArguments === 'string'
        ? { dockerArgs: dockerArguments }
        : { dockerArgsList: dockerArguments }),
  };
}
