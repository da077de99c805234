import type { PrimitiveType } from '../../jobs/plan.ts';
import { textField } from '../../wire-fields.ts';

const PRIMITIVES: readonly PrimitiveType[] = ['string', 'number', 'integer', 'boolean'];

/** The primitive type that a declaration names, if it names one. */
export function primitiveTypeOf(declaration: unknown): PrimitiveType | undefined {
  const type = textField(declaration, 'type')?.toLowerCase();
  return PRIMITIVES.find((one) => one === type);
}
