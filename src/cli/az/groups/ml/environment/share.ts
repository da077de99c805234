import type { Command } from '../../../command.ts';
import { shareCommand } from '../asset/share-asset.ts';
import { ENVIRONMENT } from './environment-entity.ts';

export const command: Command = shareCommand(ENVIRONMENT);
