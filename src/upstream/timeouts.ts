// How long an endpoint may take for what. There is no limit on the whole answer: it would end every event stream.

export interface EndpointTimeouts {
  /** From asking for a connection to having one, while all are busy or one is being made. 0 for no limit. */
  readonly waitMs: number;
  /** From the end of the request to the end of the response head, absolute. 0 for no limit. */
  readonly headersMs: number;
  /** Between two pieces of the response body, and between two pieces of the request body taken. 0 for no limit. */
  readonly idleMs: number;
}
