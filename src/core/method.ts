// What a method promises (RFC 9110 9.2.1, 9.2.2). Unknown methods promise nothing.

const SAFE: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'REPORT',
  'SEARCH',
]);
const IDEMPOTENT: ReadonlySet<string> = new Set([...SAFE, 'PUT', 'DELETE']);

/** Whether the request asks to change nothing, so that it may be made twice at the same time. */
export function isSafeMethod(method: string): boolean {
  return SAFE.has(method);
}

/** Whether making the request twice is as good as once, so that it may be tried again. */
export function isIdempotentMethod(method: string): boolean {
  return IDEMPOTENT.has(method);
}
