// Limits that are counted together with others: the workers of this machine, and through a Redis other machines.
import { isDeepStrictEqual } from 'node:util';
import { SharedLimits, type Take } from '../core/shared-limits.ts';
import { RedisChannel } from '../redis/redis-channel.ts';
import type { RedisAccess } from '../redis/redis-client.ts';
import type { Build } from './build.ts';

const CHANNEL = 'sallyport:limits:1';

interface Message {
  readonly from: string;
  readonly takes: readonly Take[];
}

export class LimitSharing {
  readonly limits: SharedLimits;
  readonly #onAway: (why: string) => void;
  #access: RedisAccess | undefined;
  #channel: RedisChannel | undefined;
  #mute: (() => void) | undefined;

  constructor(onAway: (why: string) => void, limits = new SharedLimits()) {
    this.limits = limits;
    this.#onAway = (why) => onAway(`rate_limit_redis: ${why}`);
  }

  /** Shares what this build counts, where it says. */
  use({ limits, limitsRedis }: Pick<Build, 'limits' | 'limitsRedis'>): void {
    this.limits.use(
      'requests',
      Array.from(limits, ([name, { limit }]) => [name, limit]),
    );
    if (isDeepStrictEqual(limitsRedis, this.#access)) return;
    this.close();
    this.#access = limitsRedis;
    if (limitsRedis === undefined) return;
    const channel = new RedisChannel({
      access: limitsRedis,
      channel: CHANNEL,
      hear: (text) => this.#hear(text),
      onAway: this.#onAway,
    });
    this.#channel = channel;
    this.#mute = this.limits.tell((takes) => {
      const message: Message = { from: this.limits.instance, takes };
      void channel.say(JSON.stringify(message));
    });
  }

  close(): void {
    this.#mute?.();
    void this.#channel?.close();
    this.#channel = undefined;
  }

  /** Other workers of the same instance have told it already. */
  #hear(text: string): void {
    const message = messageIn(text);
    if (message !== undefined && message.from !== this.limits.instance) this.limits.learn(message.takes);
  }
}

/** Undefined: nobody of ours has said that. */
function messageIn(text: string): Message | undefined {
  try {
    const { from, takes } = JSON.parse(text) as Record<string, unknown>;
    return typeof from === 'string' && Array.isArray(takes) && takes.every(isTake)
      ? { from, takes }
      : undefined;
  } catch {
    return undefined;
  }
}

function isTake(value: unknown): value is Take {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [scope, name, key, count] = value as unknown[];
  const areWords = [scope, name, key].every((word) => typeof word === 'string');
  return areWords && Number.isSafeInteger(count) && Number(count) > 0;
}
