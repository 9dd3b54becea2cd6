// How much one peer may send. Whatever goes beyond is refused, never cut short and passed on.

/** What to do with a field whose name has token characters outside `[A-Za-z0-9-]`. */
export type UnderscoreAction = 'reject' | 'drop' | 'allow';

export interface HeadLimits {
  /** Bytes of a head from its first byte to the empty line; also of a trailer section. Beyond: 431. */
  readonly maxHeadBytes: number;
  /** Fields of a head; also of a trailer section. Beyond: 431. */
  readonly maxHeaders: number;
  readonly underscores: UnderscoreAction;
}

export interface RequestLimits extends HeadLimits {
  /** Bytes of the request target. Beyond: 414. */
  readonly maxTargetBytes: number;
  /**
   * Bytes of a body, `Infinity` for any: the cap of the listener (413). A route's lower limit is judged by whoever
   * knows the route: it has `head.contentLength` and the bytes of `onData`.
   */
  readonly maxBodyBytes: number;
}
