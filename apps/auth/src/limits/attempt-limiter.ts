import { createHash } from 'node:crypto';
import { CallError } from '@perennial/contracts-kernel';
import { toNetwork } from '@perennial/runtime';
import type { RedisClient } from '@perennial/transport';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { isInternal } from './client-address';

export interface AttemptLimits {
  windowSeconds: number;
  /** Failed attempts on one account from one address, or from one device that its owner uses. */
  perAccount: number;
  /**
   * Failed attempts on one account from all unknown devices together, and as many from all known ones: anybody who once knew the password may
   * have created any number of those.
   */
  perAccountOverall: number;
  perAddress: number;
  signUpsPerAddress: number;
  /** Successful sign-ins. */
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
  /** A device with an earlier sign-in to the account. */
  device: string | undefined;
}

/** Called for the first refusal of each window, so that a flood of attempts does not flood the log. */
export type OnLimited = (limit: string, address: string) => void;

/** Takes the attempt's count back. */
export type Forgive = () => Promise<void>;

const LIMIT = ':limit:';

/** Factor for an address that many clients may share. */
const SHARED_ADDRESS_FACTOR = 10;

/**
 * Counts password attempts over all replicas, in Redis. An attempt is counted before the password is checked, so that a parallel burst gains
 * nothing, and uncounted if it succeeds. While Redis is away sign-in is refused: unlimited attempts would be worse.
 * An attacker must not be able to lock others out. So an account is closed to the guessing address, to all unknown devices only after many
 * more guesses from elsewhere, and never to its owner's devices because of others.
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
    redis: RedisClient,
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

  /**
   * @param repeated an earlier delivery of the same call has been counted
   * @throws CallError `RESOURCE_EXHAUSTED` with `retryAfter`, also for accounts that do not exist
   */
  async signIn({ account, device, ...origin }: SignInAttempt, repeated: boolean): Promise<Forgive> {
    const from = toNetwork(origin.address);
    const name = hashed(account);
    const address = isShared(origin) ? this.sharedAddress : this.address;
    // The narrowest first: an attempt that it refuses does not count against the others.
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
    return this.consumeAll(counters, origin.address, repeated);
  }

  /**
   * Counts a successful sign-in.
   *
   * @throws CallError `RESOURCE_EXHAUSTED` with `retryAfter`
   */
  async signedIn({ account, address }: Pick<SignInAttempt, 'account' | 'address'>): Promise<void> {
    await this.consume(this.signedInLimit, hashed(account), address);
  }

  /** @throws CallError `RESOURCE_EXHAUSTED` with `retryAfter` */
  async signUp(origin: Origin): Promise<void> {
    const limiter = isShared(origin) ? this.sharedSignUp : this.signUps;
    await this.consume(limiter, toNetwork(origin.address), origin.address);
  }

  /**
   * Attempts at the old password by a signed-in client.
   *
   * @param repeated as for `signIn`
   * @throws CallError `RESOURCE_EXHAUSTED` with `retryAfter`
   */
  async passwordChange(userId: string, address: string, repeated: boolean): Promise<Forgive> {
    return this.consumeAll([[this.passwordChanges, userId]], address, repeated);
  }

  private async consumeAll(
    counters: readonly (readonly [RateLimiterRedis, string])[],
    address: string,
    repeated: boolean,
  ): Promise<Forgive> {
    for (const [limiter, key] of counters) await this.consume(limiter, key, address, repeated ? 0 : 1);
    return async () => {
      await Promise.all(counters.map(([limiter, key]) => limiter.reward(key)));
    };
  }

  /** @param points 0 for an attempt that has been counted: it is refused if it was */
  private async consume(limiter: RateLimiterRedis, key: string, address: string, points = 1): Promise<void> {
    try {
      await limiter.consume(key, points);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) {
        if (points > 0 && refused.consumedPoints === limiter.points + 1) {
          this.onLimited(limiter.keyPrefix.slice(limiter.keyPrefix.indexOf(LIMIT) + LIMIT.length), address);
        }
        throw new CallError('RESOURCE_EXHAUSTED', 'Too many attempts, try again later', {
          retryAfter: Math.max(1, Math.ceil(refused.msBeforeNext / 1000)),
          problem: 'too_many_attempts',
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

/** Redis keys must not contain e-mail addresses. */
function hashed(account: string): string {
  return createHash('sha256').update(account).digest('base64url');
}
