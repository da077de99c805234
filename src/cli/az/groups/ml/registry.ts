import type { Registry } from '../../command.ts';

export const registry: Registry = {};
