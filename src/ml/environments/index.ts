// The public face of the environments: a builder of Python environments for jobs.
export { type CuratedImage, curatedImages, curatedNameOf } from './curated.ts';
export { createEnvironments, type EnvironmentsDeps } from './environments.ts';
