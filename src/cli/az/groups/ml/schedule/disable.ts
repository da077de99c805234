import type { Command } from '../../../command.ts';
import { switchCommand } from './schedule-api.ts';

export const command: Command = switchCommand('disable', 'Disable a schedule.');
