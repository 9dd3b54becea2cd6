// What a method promises (RFC 9110 9.2.2). Unknown methods promise nothing.

const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'PUT',
  'DELETE',
]);

/** Whether making the request twice is as good as once, so that it may be tried again. */
export function isIdempotentMethod(method: string): boolean {
  return IDEMPOTENT.has(method);
}
