import { createHmac } from 'node:crypto';

/** HMAC-SHA256 of a text. @param key base64 @returns base64 */
export function hmac(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
}
