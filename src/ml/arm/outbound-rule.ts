import { invalid } from '../../kernel/errors.ts';
import { fieldOf, isObject, type Json, textField } from '../wire-fields.ts';

/** What a rule's destination must name, by the rule's type (specified); a text for names of hosts. */
const DESTINATIONS: Readonly<Record<string, readonly string[] | 'text'>> = {
  FQDN: 'text',
  PrivateEndpoint: ['serviceResourceId', 'subresourceTarget'],
  ServiceTag: ['serviceTag', 'protocol', 'portRanges'],
};

/** Checks an outbound rule and completes it as the service does. @throws invalid for an unknown type, or a destination that does not fit it */
export function readOutboundRule(name: string, properties: Json): Json {
  const given = textField(properties, 'type') ?? '';
  const type = Object.keys(DESTINATIONS).find((one) => one.toLowerCase() === given.toLowerCase());
  if (type === undefined)
    throw invalid(
      `The outbound rule '${name}' has the type '${given.slice(0, 80)}': expected one of ${Object.keys(DESTINATIONS).join(', ')}.`,
      { target: 'properties.type' },
    );
  const destination = fieldOf(properties, 'destination');
  const wanted = DESTINATIONS[type] as (typeof DESTINATIONS)[string];
  if (wanted === 'text' ? typeof destination !== 'string' || destination === '' : !isObject(destination))
    throw invalid(
      `The outbound rule '${name}' of type ${type} needs 'destination', ${wanted === 'text' ? 'the name of a host' : `an object with ${wanted.join(', ')}`}.`,
      { target: 'properties.destination' },
    );
  if (wanted !== 'text')
    for (const field of wanted)
      if (textField(destination, field) === undefined)
        throw invalid(`The destination of the outbound rule '${name}' needs '${field}'.`, {
          target: `properties.destination.${field}`,
        });
  return { category: 'UserDefined', status: 'Inactive', ...properties, type };
}
