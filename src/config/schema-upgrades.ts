// What a route lets clients switch their connection to, and how long that lasts.
import { z } from 'zod';
import { whyNeverSwitchedTo } from '../core/upgrade-protocol.ts';
import { duration, flag, quote } from './schema-values.ts';

/** RFC 9110 7.8: a token, and another one for its version. */
const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?$/;

const protocol = z
  .string()
  .regex(PROTOCOL, {
    error: (issue) =>
      `${quote(issue.input)} is not a protocol: write its name as in Upgrade, such as spdy/3.1`,
  })
  .transform((value, context): string => {
    const name = value.toLowerCase();
    const why = whyNeverSwitchedTo(name);
    if (why !== undefined)
      context.issues.push({
        code: 'custom',
        message: `${quote(value)} is never switched to: ${why}`,
        input: value,
      });
    return name;
  });

export const upgrades = {
  allow_websockets: flag().prefault(false).describe('Lets clients switch to the WebSocket protocol.'),
  allow_spdy: flag()
    .prefault(false)
    .describe('Lets clients switch to SPDY/3.1, as `kubectl exec`, `attach` and `port-forward` do.'),
  allow_upgrades: z
    .array(protocol)
    .prefault([])
    .describe(
      'Protocols that clients may switch to, as they stand in `Upgrade`: `spdy/3.1`, `tcp`, `websocket`. Never another HTTP, TLS, or `connect-udp` and its like.',
    ),
  websocket_idle_timeout: duration()
    .prefault('1h')
    .describe(
      'With nothing to pass on either way for so long a WebSocket, or any other tunnel of the route, is cut. 0 means no limit.',
    ),
  websocket_max_duration: duration()
    .prefault(0)
    .describe('How long a WebSocket, or any other tunnel of the route, may last at most. 0 means no limit.'),
};
