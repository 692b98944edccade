import { users } from '@perennial/contracts-auth';
import { type Settings, settings, SettingsSchema } from '@perennial/contracts-config';
import { behindSettings, parseSettingsVersion } from '@perennial/contracts-gateway';
import { type Call, CallError } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { seeded } from '@perennial/testing/seeded';
import type { Notices, Rpc } from '@perennial/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppliedVersions } from '../../versions/applied-versions';
import { SettingsCache } from './settings-cache';

/**
 * The slowest way between gateway and owner with which every change is known within a second: at worst half a round trip of a question that
 * just missed the change, the pause of at most 770 ms, and two round trips.
 */
const ONE_WAY_MS = 45;

/** What the owner of the settings has, and the chance of a lost notice. */
interface Owner {
  version: number;
  /** Of each version in the present history. */
  names: Map<number, string>;
}

/** A gateway's cache, with a network of its own. */
class Gateway {
  isCut = false;
  notice: () => void = () => undefined;
  readonly versions = new AppliedVersions();
  readonly cache: SettingsCache;
  readonly runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });

  constructor(owner: Owner, random: () => number) {
    const rpc = {
      call: async (call: Call) => {
        if (call === users.status) return { onboarding: false, signUpEnabled: true };
        await late(random() * ONE_WAY_MS);
        // The owner reads in the middle of the call's way.
        const { version } = owner;
        const reply = call === settings.version ? { version } : toSettings(version, owner.names.get(version) ?? '');
        await late(random() * ONE_WAY_MS);
        if (this.isCut) throw new CallError('UNAVAILABLE', 'cut off');
        return reply;
      },
    } as unknown as Rpc;
    const notices = {
      subscribe: (_: unknown, handler: () => void) => Promise.resolve((this.notice = handler)),
    } as unknown as Notices;
    this.cache = new SettingsCache(this.runtime, rpc, notices, this.versions);
    this.cache.onModuleInit();
  }

  /** Config's version that it has applied. */
  get applied(): number {
    return parseSettingsVersion(this.versions.text)?.c ?? -1;
  }
}

const late = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const toSettings = (version: number, name: string): Settings =>
  SettingsSchema.parse({
    version,
    name,
    defaultLocale: '',
    defaultModels: null,
    banners: [],
    tasks: { titleGeneration: true, titlePrompt: '', taskModel: null },
  });

describe('the settings of three gateways', () => {
  let gateways: Gateway[];
  beforeEach(() => void vi.useFakeTimers());
  afterEach(async () => {
    const drained = Promise.all(gateways.map(({ runtime }) => runtime.drain.run('intake', performance.now() + 1_000)));
    // A question that is under way is answered by a timer.
    await vi.advanceTimersByTimeAsync(1_000);
    await drained;
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it.each([1, 2, 3])(
    'follow 1,000 random changes with lost notices, cuts and restores: all converge, none goes back (seed %i)',
    async (seed) => {
      const random = seeded(seed);
      // The jitter of the polls.
      vi.spyOn(Math, 'random').mockImplementation(random);
      const owner: Owner = { version: 1, names: new Map([[1, 'first']]) };
      gateways = Array.from({ length: 3 }, () => new Gateway(owner, random));
      const seen = gateways.map(() => -1);
      const look = async (): Promise<void> => {
        for (const [at, { applied, cache }] of gateways.entries()) {
          expect(applied, 'a version never goes back').toBeGreaterThanOrEqual(seen[at] ?? -1);
          seen[at] = applied;
          const { settings: known } = await cache.known();
          if (known) expect(known.name, 'the settings are those of their version').toBe(owner.names.get(known.version));
        }
      };
      const converge = async (): Promise<void> => {
        for (const gateway of gateways) gateway.isCut = false;
        await vi.advanceTimersByTimeAsync(1_000);
        expect(gateways.map(({ applied }) => applied)).toEqual(gateways.map(() => owner.version));
        await look();
      };
      await converge();
      for (let change = 0; change < 1_000; change += 1) {
        if (random() < 0.02) gateways[Math.floor(random() * 3)]!.isCut = true;
        if (random() < 0.03) await converge();
        if (random() < 0.005 && owner.version > 20) {
          await converge();
          // A restore: the versions after it are given once more, to other settings.
          owner.version -= 1 + Math.floor(random() * 15);
          seen.fill(-1);
          await converge();
        }
        owner.version += 1;
        owner.names.set(owner.version, `change ${change}`);
        for (const gateway of gateways) if (!gateway.isCut && random() < 0.5) gateway.notice();
        await vi.advanceTimersByTimeAsync(random() * 200);
        await look();
      }
      await converge();
    },
    60_000,
  );

  it('a request for a change is answered with it, although its notice was lost', async () => {
    const owner: Owner = { version: 1, names: new Map() };
    gateways = [new Gateway(owner, () => 0.5)];
    await vi.advanceTimersByTimeAsync(1_000);
    owner.version = 2;
    const wanted = { c: 2 };
    const reached = gateways[0]!.versions.reach(wanted);
    await vi.advanceTimersByTimeAsync(300);
    await reached;
    expect(behindSettings({ c: gateways[0]!.applied }, wanted)).toEqual([]);
  });
});
