import { randomBytes } from 'node:crypto';
import { hash, type Options, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { CallError } from '@perennial/contracts-kernel';

/** Argon2id with OWASP's first recommendation or more (19 MiB, 2 passes, 1 lane); `algorithm` 2 is Argon2id. */
const OPTIONS: Options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** How a hash of ours begins. */
const OWN_PREFIX = `$argon2id$v=19$m=${OPTIONS.memoryCost},t=${OPTIONS.timeCost},p=${OPTIONS.parallelism}$`;

const isBcrypt = (stored: string): boolean => stored.startsWith('$2');

export interface PasswordHasherOptions {
  /** Concurrent hashes. */
  concurrency: number;
  /** Hashes that may wait. */
  queue: number;
}

/**
 * Argon2id on the native thread pool, never on the event loop. Bounded: each hash takes some 20 ms of a core and 19 MiB, so a wave of
 * sign-ins would otherwise starve all other users of the pool; beyond the bound callers get `UNAVAILABLE`.
 */
export class PasswordHasher {
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private dummy: Promise<string> | undefined;

  constructor(private readonly options: PasswordHasherOptions) {}

  /** The password's hash in PHC format. */
  hash(password: string): Promise<string> {
    return this.bounded(() => hash(password, OPTIONS));
  }

  /** Whether the password matches the hash. Without a hash the result is false, after the same work. */
  verify(password: string, stored: string | undefined): Promise<boolean> {
    return this.bounded(async () => {
      this.dummy ??= hash(randomBytes(24).toString('base64'), OPTIONS);
      const matches =
        stored !== undefined && isBcrypt(stored)
          ? await verifyBcrypt(password, stored)
          : await verify(stored ?? (await this.dummy), password);
      return matches && stored !== undefined;
    });
  }

  /** Whether the hash is another product's, and should be replaced when its password is known: at a sign-in. */
  isForeign(stored: string): boolean {
    return !stored.startsWith(OWN_PREFIX);
  }

  /** Prepares the dummy hash, so that the first unknown account does not take longer than the others. */
  async warmUp(): Promise<void> {
    await this.verify('', undefined);
  }

  private async bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.options.concurrency) this.running += 1;
    else {
      if (this.waiting.length >= this.options.queue) {
        throw new CallError('UNAVAILABLE', 'Too many sign-ins at this moment, try again shortly', {
          retryAfter: 1,
          refused: true,
        });
      }
      // A finished hash passes its place on, so the count stays.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
