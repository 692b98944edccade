import { createHash } from 'node:crypto';
import { CallError } from '@perennial/contracts-kernel';
import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { addressKey } from './client-address';

export interface AttemptLimits {
  windowSeconds: number;
  perAccount: number;
  perAddress: number;
  signUpsPerAddress: number;
}

/** Takes back what an attempt was counted with. */
export type Forgive = () => Promise<void>;

/**
 * Counts password attempts over all replicas, in Redis. They are counted before the password is checked, so that a burst in parallel
 * gains nothing, and forgiven when it was right. When Redis is away nobody can sign in: an open door would be worse.
 */
export class AttemptLimiter {
  readonly #account: RateLimiterRedis;
  readonly #address: RateLimiterRedis;
  readonly #signUp: RateLimiterRedis;

  constructor(redis: Redis, keyPrefix: string, limits: AttemptLimits) {
    const limiter = (name: string, points: number): RateLimiterRedis =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `${keyPrefix}:limit:${name}`,
        points,
        duration: limits.windowSeconds,
      });
    this.#account = limiter('sign-in-account', limits.perAccount);
    this.#address = limiter('sign-in-address', limits.perAddress);
    this.#signUp = limiter('sign-up-address', limits.signUpsPerAddress);
  }

  /** @throws CallError `RATE_LIMITED` with `retryAfter`, also for accounts that do not exist */
  async signIn(address: string, account: string): Promise<Forgive> {
    const addressPart = addressKey(address);
    // Hashed: addresses of people do not belong into Redis keys.
    const accountPart = createHash('sha256').update(account).digest('base64url');
    await consume(this.#address, addressPart);
    await consume(this.#account, accountPart);
    return async () => {
      await Promise.all([this.#address.reward(addressPart), this.#account.reward(accountPart)]);
    };
  }

  /** @throws CallError `RATE_LIMITED` with `retryAfter` */
  async signUp(address: string): Promise<void> {
    await consume(this.#signUp, addressKey(address));
  }
}

async function consume(limiter: RateLimiterRedis, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) {
      throw new CallError('RATE_LIMITED', 'Too many attempts, try again later', {
        retryAfter: Math.max(1, Math.ceil(refused.msBeforeNext / 1000)),
      });
    }
    const error = new CallError('UNAVAILABLE', 'Attempts cannot be counted at this moment, try again shortly', {
      retryAfter: 2,
    });
    error.cause = refused;
    throw error;
  }
}
