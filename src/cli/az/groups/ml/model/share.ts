import type { Command } from '../../../command.ts';
import { shareCommand } from '../asset/share-asset.ts';
import { MODEL } from './model-entity.ts';

export const command: Command = shareCommand(MODEL);
