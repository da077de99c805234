import { randomInt } from 'node:crypto';
import { basename } from 'node:path';

const ADJECTIVES =
  'able amber amiable ample apt bold brave bright brisk calm candid careful clear clever cool coral crisp daring deft eager early easy elegant fair fancy fine fresh frank gentle glad golden good grand green happy hardy honest icy jolly keen kind late lively loyal lucid lunar mellow merry mighty mild modest neat nimble noble olive open patient plain polite prompt proud quick quiet rapid ready rustic sage serene sharp silent silver simple sincere smart snug solar solid steady stoic strong sunny swift tidy tender tough tranquil true upbeat vast vivid warm willing wise witty zesty'.split(
    ' ',
  );
const NOUNS =
  'acorn anchor apple arch aspen badge basil bay beach bean bell birch boat bolt book branch bread bridge brook camel canoe cedar cherry cloud clover coast comet cove crane creek daisy deer delta dove drum eagle elm ember fern field finch fjord flute forest fox garden gate glade goose grape grove gull harbor hare hazel heron hill island ivy jasmine kettle kite lake lamp lantern larch leaf lemon lily linden lion lotus lynx mango maple marsh meadow melon mint moon moss nest oak oasis olive onion orchid otter owl palm panda peach pear pearl pine plum pond poppy quail quince rain reef river robin rose sail shell shore sky snow spruce squash star stone storm stream sun swan tea thyme tiger toad trail tree tulip valley violet walnut wave whale willow wind wolf yam yew zebra'.split(
    ' ',
  );
const SUFFIX = 'bcdfghjklmnpqrstvwxyz0123456789';

/** A job's name when the user gives none: adjective, noun and ten characters without vowels (documented form). */
export function newJobName(): string {
  const pick = <T>(from: ArrayLike<T>) => from[randomInt(from.length)] as T;
  const suffix = Array.from({ length: 10 }, () => pick(SUFFIX)).join('');
  return `${pick(ADJECTIVES)}_${pick(NOUNS)}_${suffix}`;
}

/** The experiment of a job that names none: the working directory's name without spaces (recorded). */
export const experimentOf = (cwd: string): string => basename(cwd).replaceAll(' ', '') || 'Default';
