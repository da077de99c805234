import type { Registry } from '../../command.ts';

export const registry: Registry = {
  'cloud list': { summary: 'List registered clouds.', load: () => import('./list.ts') },
  'cloud set': { summary: 'Set the active cloud.', load: () => import('./set.ts') },
  'cloud show': { summary: 'Get the details of a registered cloud.', load: () => import('./show.ts') },
};
