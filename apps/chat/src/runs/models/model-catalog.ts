import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG_CHANGED, models, type ResolvedModel, type Settings, settings } from '@perennial/contracts-config';
import { CallError, isTransient, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { LastVersion, type Logger, Runtime, VersionedCache } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';

/** How long after its question a reply of config is used without checking the version. */
const BELIEVED_MS = 700;
/** Providers' own lists change without a new version. For as long a model is used while config is unavailable. */
const MAX_AGE_MS = 30_000;
const SERVICE: Principal = { kind: 'service', name: 'chat' };

/** Longest wait of an accept for config; otherwise the worker checks. */
const ACCEPT_TIMEOUT_MS = 1_500;

/**
 * Models and settings of config, at most a second old: entries are cached as long as config's version stays the same. One cheap call per
 * second checks it, only while there are requests. A model that is open to all is fetched once for all users of a role and a placement: its access changes
 * with the version too.
 */
@Injectable()
export class ModelCatalog implements OnModuleInit {
  private readonly log: Logger;
  private readonly version = new LastVersion({
    ask: async () => (await this.rpc.call(settings.version, {}, { principal: SERVICE })).version,
    believedMs: BELIEVED_MS,
  });
  private readonly models: VersionedCache<ResolvedModel>;
  private readonly knownSettings: VersionedCache<Settings>;

  constructor(
    private readonly rpc: Rpc,
    private readonly notices: Notices,
    runtime: Runtime,
  ) {
    this.log = runtime.logger('model-catalog');
    runtime.status.provide({ settings: () => this.applied() });
    const version = { last: this.version, of: (value: { version: number }) => value.version };
    this.models = new VersionedCache<ResolvedModel>({
      version,
      maxAgeMs: MAX_AGE_MS,
      keepMs: MAX_AGE_MS,
      limit: { values: 5_000 },
    });
    this.knownSettings = new VersionedCache<Settings>({ version, keepMs: Infinity });
  }

  async onModuleInit(): Promise<void> {
    await this.notices.subscribe(CONFIG_CHANGED, () => this.version.doubt());
  }

  /** The provider and parameters of the model, for this user. Errors as `models.resolve`. */
  async resolve(modelId: string, principal: UserPrincipal, deadlineMs?: number): Promise<ResolvedModel> {
    const who = `${principal.role} ${principal.placement ?? ''} ${modelId}`;
    const forAll = `* ${who}`;
    const key = `${principal.userId} ${who}`;
    const known = await this.models.current(forAll);
    if (known) return known;
    let model: ResolvedModel;
    try {
      model = await this.models.get(key, () => this.rpc.call(models.resolve, { modelId }, { principal, deadlineMs }));
    } catch (error) {
      const kept = this.models.kept(forAll, error);
      if (kept) return kept;
      throw error;
    }
    if (model.openToAll) this.models.set(forAll, model);
    // Cache it only once: a model that is not open to all any more must not be returned to users without access.
    this.models.delete(model.openToAll ? key : forAll);
    return model;
  }

  /**
   * Refuses a model that the user may not use. While config is unavailable nothing is refused: the worker checks again.
   *
   * @returns the model; undefined when config was unavailable
   */
  async assertOffered(modelId: string, principal: UserPrincipal): Promise<ResolvedModel | undefined> {
    try {
      return await this.resolve(modelId, principal, ACCEPT_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof CallError) || isTransient(error)) {
        this.log.warn({ err: error }, 'model not checked at the accept');
        return undefined;
      }
      throw error;
    }
  }

  /** The version below which nothing is used any more; a process without requests asks config for it. */
  private async applied(): Promise<string | undefined> {
    await this.version.confirm().catch(() => undefined);
    return this.version.value >= 0 ? `c${this.version.value}` : undefined;
  }

  /** The settings; rejects when config is unavailable and nothing is cached. */
  async settings(): Promise<Settings> {
    return this.knownSettings.get('settings', () => this.rpc.call(settings.get, {}, { principal: SERVICE }));
  }
}
