import type { Command } from '../../../command.ts';
import { removeCompute } from './remove-compute.ts';

export const command: Command = removeCompute('detach', 'Detach a previously attached compute resource.');
