import { notImplemented } from '../../../../kernel/errors.ts';
import { type AzError, commandError } from '../../errors.ts';

/** What Millrace knows of and does not do yet, as the command line says it: exit code 1. */
export function notImplementedHere(thing: string): AzError {
  return commandError(notImplemented(thing).message, {
    advice: ["With the Azure CLI installed, 'millrace run --az real' uses it in place of the built-in one."],
  });
}
