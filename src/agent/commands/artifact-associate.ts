import { type Command, required } from './command.ts';

/** Records an artifact that lies elsewhere. Properties besides the name and the type are kept with it. */
export const artifactAssociate: Command = {
  area: 'artifact',
  event: 'associate',
  inRestrictedMode: false,
  run(context, properties, data) {
    const name = required(artifactAssociate, properties, 'artifactname');
    const type = required(artifactAssociate, properties, 'type');
    if (data.trim() === '') throw new Error('##vso[artifact.associate] needs the location after the bracket.');
    const { artifactname: _name, type: _type, ...rest } = properties;
    context.later(() => context.server.associateArtifact(name, type, data.trim(), rest));
  },
};
