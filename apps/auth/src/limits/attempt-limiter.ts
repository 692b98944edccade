import { createHash } from 'node:crypto';
import { CallError } from '@perennial/contracts-kernel';
import { toNetwork } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { isInternal } from './client-address';

export interface AttemptLimits {
  windowSeconds: number;
  /** Failed attempts on one account from one address, or from one device that its owner uses. */
  perAccount: number;
  /** Failed attempts on one account from all unknown devices together, and as many from all known ones: who once knew the password has any number. */
  perAccountOverall: number;
  perAddress: number;
  signUpsPerAddress: number;
  /** Sign-ins that succeed. */
  signInsPerAccount: number;
}

/** Where an attempt comes from. */
export interface Origin {
  address: string;
  /** The gateway knows that the address is a proxy's and not the client's. */
  addressShared: boolean;
}

export interface SignInAttempt extends Origin {
  account: string;
  /** A device that somebody has signed in to the account with. */
  device: string | undefined;
}

/** Called for the first refusal of each window, so that a flood of attempts is not a flood of lines. */
export type OnLimited = (limit: string, address: string) => void;

/** Takes back what an attempt was counted with. */
export type Forgive = () => Promise<void>;

const LIMIT = ':limit:';

/** How much more than a single client an address may do behind which many can stand. */
const SHARED_ADDRESS_FACTOR = 10;

/**
 * Counts password attempts over all replicas, in Redis. They are counted before the password is checked, so that a burst in parallel
 * gains nothing, and forgiven when it was right. When Redis is away nobody can sign in: unlimited attempts would be worse.
 *
 * A stranger must not be able to lock others out. So an account is closed to the address that guesses, to all unknown devices only after
 * many more guesses from elsewhere, and never to a device that its owner uses by what others do.
 */
export class AttemptLimiter {
  private readonly source: RateLimiterRedis;
  private readonly account: RateLimiterRedis;
  private readonly address: RateLimiterRedis;
  private readonly sharedAddress: RateLimiterRedis;
  private readonly signUps: RateLimiterRedis;
  private readonly sharedSignUp: RateLimiterRedis;
  private readonly passwordChanges: RateLimiterRedis;
  private readonly signedInLimit: RateLimiterRedis;

  constructor(
    redis: Redis,
    keyPrefix: string,
    limits: AttemptLimits,
    private readonly onLimited: OnLimited = () => undefined,
  ) {
    const limiter = (name: string, points: number): RateLimiterRedis =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `${keyPrefix}${LIMIT}${name}`,
        points,
        duration: limits.windowSeconds,
      });
    this.source = limiter('sign-in-source', limits.perAccount);
    this.account = limiter('sign-in-account-overall', limits.perAccountOverall);
    this.address = limiter('sign-in-address', limits.perAddress);
    this.sharedAddress = limiter('sign-in-shared-address', limits.perAddress * SHARED_ADDRESS_FACTOR);
    this.signUps = limiter('sign-up-address', limits.signUpsPerAddress);
    this.sharedSignUp = limiter('sign-up-shared-address', limits.signUpsPerAddress * SHARED_ADDRESS_FACTOR);
    this.passwordChanges = limiter('password-change', limits.perAccount);
    this.signedInLimit = limiter('signed-in', limits.signInsPerAccount);
  }

  /** @throws CallError `RATE_LIMITED` with `retryAfter`, also for accounts that do not exist */
  async signIn({ account, device, ...origin }: SignInAttempt): Promise<Forgive> {
    const from = toNetwork(origin.address);
    const name = hashed(account);
    const address = isShared(origin) ? this.sharedAddress : this.address;
    // The narrowest first: what it refuses does not count against the others.
    const counters: [RateLimiterRedis, string][] =
      device === undefined
        ? [
            [this.source, `${name}:address:${from}`],
            [address, from],
            [this.account, name],
          ]
        : [
            [this.source, `${name}:device:${device}`],
            [this.account, `${name}:devices`],
          ];
    return this.consumeAll(counters, origin.address);
  }

  /** Counts a sign-in that succeeded. @throws CallError `RATE_LIMITED` with `retryAfter` */
  async signedIn({ account, address }: Pick<SignInAttempt, 'account' | 'address'>): Promise<void> {
    await this.consume(this.signedInLimit, hashed(account), address);
  }

  /** @throws CallError `RATE_LIMITED` with `retryAfter` */
  async signUp(origin: Origin): Promise<void> {
    const limiter = isShared(origin) ? this.sharedSignUp : this.signUps;
    await this.consume(limiter, toNetwork(origin.address), origin.address);
  }

  /** Guesses of the old password by somebody who is signed in. @throws CallError `RATE_LIMITED` with `retryAfter` */
  async passwordChange(userId: string, address: string): Promise<Forgive> {
    return this.consumeAll([[this.passwordChanges, userId]], address);
  }

  private async consumeAll(
    counters: readonly (readonly [RateLimiterRedis, string])[],
    address: string,
  ): Promise<Forgive> {
    for (const [limiter, key] of counters) await this.consume(limiter, key, address);
    return async () => {
      await Promise.all(counters.map(([limiter, key]) => limiter.reward(key)));
    };
  }

  private async consume(limiter: RateLimiterRedis, key: string, address: string): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) {
        if (refused.consumedPoints === limiter.points + 1) {
          this.onLimited(limiter.keyPrefix.slice(limiter.keyPrefix.indexOf(LIMIT) + LIMIT.length), address);
        }
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
}

function isShared({ address, addressShared }: Origin): boolean {
  return addressShared || isInternal(address);
}

/** E-mail addresses of people do not belong into Redis keys. */
function hashed(account: string): string {
  return createHash('sha256').update(account).digest('base64url');
}
