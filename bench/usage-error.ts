// What is thrown at a wrong command line; the message says what was wanted.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
