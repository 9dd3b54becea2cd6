// What several machines say to each other through a Redis: heard soon by all who listen then, or never.
import { connectRedis, type RedisAccess, type RedisConnection } from './redis-client.ts';

export interface RedisChannelSettings {
  readonly access: RedisAccess;
  readonly channel: string;
  readonly hear: (message: string) => void;
  /** The server is away, and why. Told once each time. */
  readonly onAway: (why: string) => void;
}

/** Longer ones are of nobody who is known. */
const MAX_MESSAGE = 1024 * 1024;

export class RedisChannel {
  readonly #settings: RedisChannelSettings;
  /** A connection that listens can do nothing else. */
  readonly #connections: Promise<readonly [listening: RedisConnection, speaking: RedisConnection]>;
  #isAway = false;
  #isClosed = false;

  /** Connects by itself, again and again. */
  constructor(settings: RedisChannelSettings) {
    this.#settings = settings;
    this.#connections = this.#connect();
  }

  /** Lost where the server is away. */
  async say(message: string): Promise<void> {
    const [, speaking] = await this.#connections;
    if (speaking.status === 'ready') await speaking.publish(this.#settings.channel, message).catch(() => {});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const connection of await this.#connections) connection.disconnect();
  }

  async #connect(): Promise<readonly [RedisConnection, RedisConnection]> {
    const { access, channel, hear } = this.#settings;
    const [listening, speaking] = await Promise.all([connectRedis(access), connectRedis(access)]);
    listening.on('message', (_channel: string, message: string) => {
      if (message.length <= MAX_MESSAGE) hear(message);
    });
    listening.on('ready', () => {
      this.#isAway = false;
      listening.subscribe(channel).catch((error: unknown) => this.#noteAway(error));
    });
    listening.on('error', (error) => this.#noteAway(error));
    listening.on('close', () => this.#noteAway('the connection was closed'));
    return [listening, speaking];
  }

  #noteAway(why: unknown): void {
    if (this.#isAway || this.#isClosed) return;
    this.#isAway = true;
    this.#settings.onAway(why instanceof Error ? why.message : String(why));
  }
}
