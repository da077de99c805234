import type { Command } from '../../../command.ts';
import { archiveCommand } from '../asset/set-archived.ts';
import { COMPONENT } from './component-entity.ts';

export const command: Command = archiveCommand(COMPONENT, false);
