import type { Command } from '../../../command.ts';
import { computeAction } from './compute-action.ts';

export const command: Command = computeAction('restart', 'Restart a ComputeInstance target.');
