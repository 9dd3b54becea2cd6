// What an embedding program may say to a proxy, and what it gets.
import type { Environment } from '../config/env.ts';
import type { ConfigInput, SettingsConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Observer, Reload } from '../core/observer.ts';
import type { BoundAddress, ListenAddress } from '../edge/address.ts';
import type { HeldSocket } from '../edge/held-socket.ts';
import type { SharedLimits } from '../core/shared-limits.ts';
import type { SharedSessions } from '../edge/shared-sessions.ts';
import type { RefusalHelp } from '../pipeline/answer.ts';
import type { AutocertParts } from './autocert.ts';
import type { ConfigSource } from './config-source.ts';
import type { LiveNow } from './live-view.ts';

export interface ProxyOptions {
  /** For `${env.NAME}`, CERTIFICATE and the like. Default: none; the command line passes `process.env`. */
  readonly env?: Environment;
  /** Hears what happens. Default: nobody. A function gets the settings, without the routes, once they are known. */
  readonly observer?: Observer | ((config: SettingsConfig) => Observer);
  /** Reload when the configuration file or a file that it names changes. Default true. */
  readonly watch?: boolean;
  /** How often to look for such a change, default 1000. */
  readonly watchIntervalMs?: number;
  /** What a refusal page says beyond the refusal. */
  readonly help?: RefusalHelp;
  /** Default: a random UUID for every request. */
  readonly newRequestId?: () => string;
  readonly clock?: Clock;
  /** Whether `admin_address` is served. Default true. */
  readonly admin?: boolean;
  /** Instead of `address`: sockets of the process that has started this one. */
  readonly listenOn?: readonly (ListenAddress | HeldSocket)[];
  /** Instead of `http_redirect_addr`. */
  readonly plainOn?: ListenAddress | HeldSocket | undefined;
  /** Whether it asks ACME servers for certificates; else it serves those that another process keeps. Default true. */
  readonly ordersCertificates?: boolean;
  /** How soon certificates are looked for and asked for again; for tests. */
  readonly autocert?: Pick<AutocertParts, 'lookMs' | 'firstRetryMs'>;
  /** What it shares with other processes behind the same address. Default: nothing. */
  readonly sessions?: SharedSessions;
  /** To count against rate limits together with other processes. Default: this one alone. */
  readonly limits?: SharedLimits;
}

export type ReloadResult = Pick<Reload, 'result' | 'issues'>;

export interface Proxy {
  /** Listens. Throws ConfigError where the configuration cannot be used, or the system's error (EADDRINUSE, …). */
  start(): Promise<readonly BoundAddress[]>;
  /** Where it listens; empty before `start`. */
  readonly addresses: readonly BoundAddress[];
  /** Where the admin listener is; undefined before `start`, or where there is none. */
  readonly adminAddress: BoundAddress | undefined;
  /** Where plain HTTP is redirected; undefined before `start`, or where it is not. */
  readonly plainAddress: BoundAddress | undefined;
  /** Connections of clients that are open now, handshakes under way included. */
  readonly connections: number;
  /** Who is connected by certificate, what is under way, and how the apps are doing, now. */
  live(): LiveNow;
  /**
   * Reads the configuration again (or takes this one) and swaps it in whole, or keeps everything as it is and says why.
   * Listening addresses change only with a restart. Never throws.
   */
  reload(trigger?: Reload['trigger'], config?: ConfigInput | ConfigSource): Promise<ReloadResult>;
  /** Stops accepting and lets what is in flight finish, `drain_timeout` at most. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  close(): Promise<void>;
}
