// A connection to Redis or Valkey. Over TLS both sides show a certificate.
import type { Redis } from 'ioredis';

export interface RedisAccess {
  /** `redis://` or `rediss://`, with user, password and database where they are wanted. */
  readonly url: string;
  /** PEM of what is shown to the server, and of the CAs that its certificate may have; undefined: those of the system. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: readonly string[] | undefined;
}

export type RedisConnection = Redis;

const TIMEOUT_MS = 5000;

/** Connects, and connects again, by itself. */
export async function connectRedis({ url, cert, key, ca }: RedisAccess): Promise<Redis> {
  // It is loaded by those who use it.
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(url, {
    // Whoever asks hears soon that there is no answer; the connection is tried again by itself.
    maxRetriesPerRequest: 0,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    ...(url.startsWith('rediss:') && {
      tls: {
        minVersion: 'TLSv1.2' as const,
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(ca !== undefined && { ca: [...ca] }),
      },
    }),
  });
  // What goes wrong is thrown where something was asked for.
  redis.on('error', () => {});
  return redis;
}
