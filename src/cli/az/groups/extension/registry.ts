import type { Registry } from '../../command.ts';

export const registry: Registry = {
  'extension add': { summary: 'Add an extension.', load: () => import('./add.ts') },
  'extension list': { summary: 'List the installed extensions.', load: () => import('./list.ts') },
  'extension remove': { summary: 'Remove an extension.', load: () => import('./remove.ts') },
  'extension show': { summary: 'Show an extension.', load: () => import('./show.ts') },
};
