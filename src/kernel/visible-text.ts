/** What a terminal obeys or hides instead of showing: controls, what turns the direction of writing, line and paragraph separators. */
const STEERING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text of a user's file as a message may quote it: nothing in it steers a terminal, and it has an end.
 * @param most characters kept; what is cut off is counted in its place
 * @returns the text with control characters written as `\x1b` or `\u202e`; line breaks and tabs stay
 */
export function visibleText(text: string, most = Number.POSITIVE_INFINITY): string {
  const kept = text.length > most ? `${text.slice(0, most)}[${text.length - most} more characters]` : text;
  return kept.replace(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
