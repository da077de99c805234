import { type Command, required } from './command.ts';

/** Uploads a file or folder as an artifact of the run. */
export const artifactUpload: Command = {
  area: 'artifact',
  event: 'upload',
  inRestrictedMode: false,
  run(context, properties, data) {
    const name = required(artifactUpload, properties, 'artifactname');
    if (data.trim() === '') throw new Error('##vso[artifact.upload] needs a file or folder after the bracket.');
    // The folder inside a file container is the artifact's name unless it is named otherwise (documented).
    const folder = properties['containerfolder'] || name;
    context.later(() => context.server.uploadArtifact(name, folder, data.trim()));
  },
};
