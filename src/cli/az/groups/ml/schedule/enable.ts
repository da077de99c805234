import type { Command } from '../../../command.ts';
import { switchCommand } from './schedule-api.ts';

export const command: Command = switchCommand('enable', 'Enable a schedule.');
