import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CONFIG_CHANGED, type ResolvedModel, type Settings, settings, models } from '@perennial/contracts-config';
import { CallError, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { Notices, Rpc } from '@perennial/transport';
import { LRUCache } from 'lru-cache';

/** How long an answer of config is believed without asking for the version again. */
const BELIEVED_MS = 1_000;
/** Providers' own lists change without a new version. */
const MAX_AGE_MS = 30_000;
const SERVICE: Principal = { kind: 'service', name: 'chat' };

/** An accept does not wait longer for config than this; what it could not ask the worker finds out. */
const ACCEPT_TIMEOUT_MS = 1_500;

interface Entry {
  at: number;
  model: ResolvedModel;
}

/**
 * Models and settings as config has them, at most a second behind: entries are kept as long as config's version stays the same,
 * which one cheap call per second confirms for all of them, and only while somebody asks. A model that is open to all is asked for once
 * for all users of a role: who may use it changes with the version as well.
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

  /** Where the model lives, for this user. Errors as `models.resolve`. */
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
        // A model that is no longer open to all must not be found by those it is closed to.
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
   * Refuses a model that is not offered to the user. While config cannot be asked nothing is refused: the worker asks again.
   * @returns the model; undefined when config could not be asked
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

  /** The settings; rejects when config cannot be asked and nothing is known. */
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
        // Last known models stay usable while config is away; a changed model shows when it is back.
        return true;
      }
    }
    return this.#version.value === version;
  }

  #saw(version: number): void {
    if (version >= this.#version.value) this.#version = { value: version, at: Date.now() };
  }
}

/** Errors that say "not now" rather than "no". */
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
