import type { Command } from '../../../command.ts';
import { shareCommand } from '../asset/share-asset.ts';
import { DATA } from './data-entity.ts';

export const command: Command = shareCommand(DATA);
