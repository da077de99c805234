import type { Command } from '../../../command.ts';
import { removeCompute } from './remove-compute.ts';

export const command: Command = removeCompute('delete', 'Delete a compute target.');
