import { conflict } from '../kernel/errors.ts';
import { textField } from './wire-fields.ts';

/**
 * The location that a request gives its resource, as the service writes it: `West Europe` is `westeurope`. It is a word of the resource and
 * nothing else: whatever it says, the resource is on this machine. Undefined where none is given.
 */
export function locationOf(body: unknown): string | undefined {
  const given = textField(body, 'location')?.toLowerCase().replaceAll(' ', '');
  return given === '' ? undefined : given;
}

/** @throws conflict when a group that is there would move: no group does (recorded) */
export function checkGroupStays(existing: string, wanted: string | undefined): void {
  if (wanted !== undefined && wanted !== existing)
    throw conflict(
      `Invalid resource group location '${wanted}'. The Resource group already exists in location '${existing}'.`,
      { wire: 'InvalidResourceGroupLocation' },
    );
}

/** @throws conflict when a resource that is there would move: none does (recorded) */
export function checkResourceStays(
  resource: { readonly name: string; readonly resourceGroup: string; readonly location: string },
  wanted: string | undefined,
): void {
  if (wanted !== undefined && wanted !== resource.location)
    throw conflict(
      `The resource '${resource.name}' already exists in location '${resource.location}' in resource group '${resource.resourceGroup}'. A resource with the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
      { wire: 'InvalidResourceLocation' },
    );
}
