import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header carries the token; takes the same time whatever it carries. */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const presented = header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
  return timingSafeEqual(digest(presented), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
