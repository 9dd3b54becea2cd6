// What the bench needs to know about a proxy: how to find it, how to configure and start it. Every peer does the same
// job: TLS 1.3 with a verified client certificate at the edge, its own client certificate shown to a verified upstream,
// keep-alive on both sides, an access log in a file, and the same identity headers. `run/probe.ts` checks that it does.
import { spawnSync } from 'node:child_process';
import type { BenchCertificates } from '../run/certificates.ts';

export interface PeerContext {
  /** A folder of its own, removed at the end. */
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
  readonly certificates: BenchCertificates;
}

/** How to start a process. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where standard output goes. */
  readonly outputFile: string;
}

export interface PeerLaunch extends Launch {
  /** Must have lines in it when the bench is over. */
  readonly accessLog: string;
}

export interface Peer {
  readonly name: string;
  /** How to get it; shown when `version` finds nothing. */
  readonly install: string;
  /** What is set beyond the common job, for the document. */
  readonly settings: string;
  /** Whether it negotiates X25519MLKEM768. */
  readonly isHybridCapable: boolean;
  /** Undefined when it is not installed. */
  version(): string | undefined;
  /** Writes its configuration. */
  prepare(context: PeerContext): PeerLaunch;
}

/** Debian keeps daemons where the PATH of a plain user does not look. */
export const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/** The first match of `pattern`'s group in what the command prints; undefined when there is no such command. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const env = { ...process.env, PATH: SYSTEM_PATH };
  const { stdout, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8' });
  return error === undefined ? pattern.exec(`${stdout}${stderr}`)?.[1] : undefined;
}
