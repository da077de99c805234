import type { Registry } from '../../command.ts';

export const registry: Registry = {
  'config get': { summary: 'Get a configuration.', load: () => import('./get.ts') },
  'config set': { summary: 'Set a configuration.', load: () => import('./set.ts') },
  'config unset': { summary: 'Unset a configuration.', load: () => import('./unset.ts') },
};
