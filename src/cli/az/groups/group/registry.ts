import type { Registry } from '../../command.ts';

export const registry: Registry = {
  'group create': { summary: 'Create a new resource group.', load: () => import('./create.ts') },
  'group delete': { summary: 'Delete a resource group.', load: () => import('./delete.ts') },
  'group exists': { summary: 'Check if a resource group exists.', load: () => import('./exists.ts') },
  'group list': { summary: 'List resource groups.', load: () => import('./list.ts') },
  'group show': { summary: 'Gets a resource group.', load: () => import('./show.ts') },
};
