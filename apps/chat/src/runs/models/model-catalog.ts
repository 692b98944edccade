import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CONFIG_CHANGED, type ResolvedModel, type Settings, settings, models } from '@perennial/contracts-config';
import { CallError, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { Notices, Rpc } from '@perennial/transport';
import { LRUCache } from 'lru-cache';

/** How long a reply of config is used without checking the version. */
const BELIEVED_MS = 1_000;
/** Providers' own lists change without a new version. */
const MAX_AGE_MS = 30_000;
const SERVICE: Principal = { kind: 'service', name: 'chat' };

/** Longest wait of an accept for config; otherwise the worker checks. */
const ACCEPT_TIMEOUT_MS = 1_500;

interface Entry {
  at: number;
  model: ResolvedModel;
}

/**
 * Models and settings of config, at most a second old: entries are cached as long as config's version stays the same. One cheap call per
 * second checks it, only while there are requests. A model that is open to all is fetched once for all users of a role: its access changes
 * with the version too.
 */
@Injectable()
export class ModelCatalog implements OnModuleInit {
  readonly #logger = new Logger('ModelCatalog');
  readonly #models = new LRUCache<string, Entry>({ max: 5_000 });
  #settings?: { at: number; value: Settings };
  #version = { value: -1, at: 0 };
  #asking?: Promise<void>;
  readonly #resolving = new Map<string, Promise<ResolvedModel>>();

  constructor(
    private readonly rpc: Rpc,
    private readonly notices: Notices,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.notices.subscribe(CONFIG_CHANGED, () => {
      this.#version.at = 0;
    });
  }

  /** The provider and parameters of the model, for this user. Errors as `models.resolve`. */
  async resolve(modelId: string, principal: UserPrincipal, deadlineMs?: number): Promise<ResolvedModel> {
    const forAll = `* ${principal.role} ${modelId}`;
    const key = `${principal.userId} ${principal.role} ${modelId}`;
    const known = this.#models.get(forAll) ?? this.#models.get(key);
    if (known && Date.now() - known.at < MAX_AGE_MS && (await this.#isCurrent(known.model.version))) return known.model;
    const asked = this.#resolving.get(key);
    if (asked) return asked;
    const answer = this.rpc
      .call(models.resolve, { modelId }, { principal, deadlineMs })
      .then((model) => {
        // A model that is no longer open to all must be hidden from the others.
        if (!model.openToAll) this.#models.delete(forAll);
        this.#models.set(model.openToAll ? forAll : key, { at: Date.now(), model });
        this.#saw(model.version);
        return model;
      })
      .finally(() => this.#resolving.delete(key));
    this.#resolving.set(key, answer);
    return answer;
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
      if (!(error instanceof CallError) || isPassing(error)) {
        this.#logger.warn(`model not checked at the accept: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      }
      throw error;
    }
  }

  /** The settings; rejects when config is unavailable and nothing is cached. */
  async settings(): Promise<Settings> {
    const known = this.#settings;
    if (known && (await this.#isCurrent(known.value.version))) return known.value;
    try {
      const value = await this.rpc.call(settings.get, {}, { principal: SERVICE });
      this.#settings = { at: Date.now(), value };
      this.#saw(value.version);
      return value;
    } catch (error) {
      if (known) return known.value;
      throw error;
    }
  }

  async #isCurrent(version: number): Promise<boolean> {
    if (Date.now() - this.#version.at >= BELIEVED_MS) {
      this.#asking ??= this.rpc
        .call(settings.version, {}, { principal: SERVICE })
        .then((reply) => this.#saw(reply.version))
        .finally(() => (this.#asking = undefined));
      try {
        await this.#asking;
      } catch {
        // The last known models stay usable while config is away; changes show when it is back.
        return true;
      }
    }
    return this.#version.value === version;
  }

  #saw(version: number): void {
    if (version >= this.#version.value) this.#version = { value: version, at: Date.now() };
  }
}

/** Errors that are temporary rather than final. */
export function isPassing(error: CallError): boolean {
  return [
    'UNAVAILABLE',
    'DEADLINE_EXCEEDED',
    'RESOURCE_EXHAUSTED',
    'OUTCOME_UNKNOWN',
    'CANCELLED',
    'INTERNAL',
  ].includes(error.code);
}
