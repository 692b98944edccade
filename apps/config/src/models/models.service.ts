import { Inject, Injectable } from '@nestjs/common';
import type { models, ResolvedModel } from '@perennial/contracts-config';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { continuationFromModels, detectContinuation, type ProviderModel } from '@perennial/model-provider';
import { UnitOfWork } from '@perennial/persistence';
import { allowsConnection } from '@perennial/runtime';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import type { ConfigState, Connection } from '../state/state';
import { StateRepository } from '../state/state.repository';
import { StateKeeper } from '../state/state-keeper';
import {
  buildDirectory,
  isOpenToAll,
  knowledgeOf,
  type Listing,
  mayUse,
  type Offer,
  rowFor,
  tagNames,
} from './directory';
import { ProviderLists } from './provider-lists';

/** An unknown model triggers requests to the providers, at most this often: any user can cause them. */
const SEARCH_PAUSE_MS = 2_000;

/** What can be used, of one configuration and one reading of the providers' lists. */
interface Directory {
  state: ConfigState;
  lists: readonly (readonly ProviderModel[])[];
  offers: ReadonlyMap<string, Offer>;
}

/** Models, their access and their connections. */
@Injectable()
export class ModelsService {
  /** By placement; '' is none. */
  private readonly directories = new Map<string, Directory>();
  private retained: ConfigState | undefined;
  private search: { at: number; done: Promise<void> } | undefined;

  constructor(
    private readonly keeper: StateKeeper,
    private readonly repository: StateRepository,
    private readonly lists: ProviderLists,
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG_ENV) private readonly env: ConfigEnv,
  ) {}

  async list(principal: Principal, refresh: boolean): Promise<CallReply<typeof models.list>> {
    const state = refresh ? await this.keeper.fresh() : await this.keeper.current();
    const used = this.connections(state, placementOf(principal));
    const lists = await Promise.all(
      used.map(({ connection }) => (refresh ? this.lists.refresh(connection) : this.lists.get(connection))),
    );
    const data = [];
    for (const offer of this.directory(state, used, lists, placementOf(principal)).values()) {
      if (mayUse(principal, offer)) data.push(rowFor(principal, offer));
    }
    return { version: state.version, data };
  }

  /** No statement and no request for a known model; an unknown one is looked for once. */
  async resolve(principal: Principal, modelId: string): Promise<ResolvedModel> {
    const placement = placementOf(principal);
    const offer = (await this.known(modelId, placement)) ?? (await this.searched(modelId, placement));
    if (!offer && placement !== undefined) await this.refuseElsewhere(principal, modelId, placement);
    // Also for one that the caller may not use: its existence is hidden.
    if (!offer || !mayUse(principal, offer)) {
      throw new CallError(
        'NOT_FOUND',
        `The model "${modelId}" does not exist or you may not use it; choose another one`,
        { problem: 'model_not_found' },
      );
    }
    const { version } = await this.keeper.current();
    const { connection, upstream, params } = offer;
    return {
      version,
      connection: {
        kind: connection.kind,
        baseUrl: connection.url,
        sealedKey: connection.sealedKey,
        continuation: continuationOf(offer),
        ...limitsOf(connection),
      },
      upstreamModel: upstream,
      params,
      knowledge: knowledgeOf(offer),
      openToAll: isOpenToAll(offer),
    };
  }

  /** Says so if it is the placement alone that keeps the model from this user. */
  private async refuseElsewhere(principal: Principal, modelId: string, placement: string): Promise<void> {
    const offer = await this.known(modelId);
    if (!offer || !mayUse(principal, offer)) return;
    throw new CallError(
      'PERMISSION_DENIED',
      `The model "${modelId}" is on a server that your data may not be sent to (placement "${placement}"); choose another one`,
    );
  }

  async entries(): Promise<CallReply<typeof models.entries>> {
    return { entries: [...(await this.keeper.fresh()).entries.values()] };
  }

  async saveEntry(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof models.saveEntry>,
    key: string,
  ): Promise<CallReply<typeof models.saveEntry>> {
    const { base_model_id: base, ...entry } = request;
    if (base === request.id) throw new CallError('INVALID_ARGUMENT', 'A model cannot be built on itself');
    return this.unitOfWork.once({ scope: `config.models.saveEntry:${principal.userId}`, key, request }, async (tx) => {
      await this.keeper.changed(tx);
      return this.repository.saveEntry(tx, { ...entry, base_model_id: base ?? null, user_id: principal.userId });
    });
  }

  private async known(modelId: string, placement?: string): Promise<Offer | undefined> {
    const state = await this.keeper.current();
    const used = this.connections(state, placement);
    const lists = used.map(({ connection }) => this.lists.peek(connection));
    return this.directory(state, used, lists, placement).get(modelId);
  }

  /** The connections that data of this placement may be sent to. */
  private connections(state: ConfigState, placement?: string): Omit<Listing, 'models'>[] {
    return connectionsOf(state).filter(({ connection: { url, options } }) =>
      allowsConnection(this.env.PLACEMENTS, placement, [url, ...tagNames(options.tags)]),
    );
  }

  private async searched(modelId: string, placement?: string): Promise<Offer | undefined> {
    const now = performance.now();
    if (!this.search || now - this.search.at > SEARCH_PAUSE_MS) this.search = { at: now, done: this.searchAll() };
    await this.search.done;
    return this.known(modelId, placement);
  }

  private async searchAll(): Promise<void> {
    const state = await this.keeper.fresh();
    await Promise.all(connectionsOf(state).map(({ connection }) => this.lists.refresh(connection)));
  }

  /** Rebuilt only when the configuration or a provider's list has changed. */
  private directory(
    state: ConfigState,
    used: readonly Omit<Listing, 'models'>[],
    lists: readonly (readonly ProviderModel[])[],
    placement = '',
  ): ReadonlyMap<string, Offer> {
    const last = this.directories.get(placement);
    if (
      last?.state === state &&
      last.lists.length === lists.length &&
      lists.every((list, at) => list === last.lists[at])
    ) {
      return last.offers;
    }
    const listings = used.map((place, at) => ({ ...place, models: lists[at] ?? [] }));
    const offers = buildDirectory(listings, state.entries, state.modelChoice.order);
    // A name that is not declared has no models, and is not kept: anything could be sent as one.
    if (placement === '' || this.env.PLACEMENTS.has(placement))
      this.directories.set(placement, { state, lists, offers });
    if (this.retained !== state) {
      this.retained = state;
      this.lists.retain(connectionsOf(state).map(({ connection }) => connection));
    }
    return offers;
  }
}

function placementOf(principal: Principal): string | undefined {
  return principal.kind === 'user' ? principal.placement : undefined;
}

/** Enabled connections, OpenAI-compatible ones first. */
function connectionsOf({ connections }: ConfigState): { connection: Connection; index: number }[] {
  return (['openai', 'ollama'] as const).flatMap((kind) => {
    const set = connections[kind];
    if (!set.enabled) return [];
    return set.connections
      .map((connection, index) => ({ connection, index }))
      .filter(({ connection }) => connection.options.enable !== false);
  });
}

/**
 * How the provider continues an interrupted answer: the admin's choice, else derived from its address or its list of models.
 */
function limitsOf({
  options: { max_concurrency: maxConcurrency, requests_per_minute: requestsPerMinute },
}: Connection): Pick<ResolvedModel['connection'], 'maxConcurrency' | 'requestsPerMinute'> {
  return { ...(maxConcurrency && { maxConcurrency }), ...(requestsPerMinute && { requestsPerMinute }) };
}

function continuationOf({ connection, siblings }: Offer): ResolvedModel['connection']['continuation'] {
  const { options, url, kind } = connection;
  if (options.continuation) return options.continuation;
  const detected = detectContinuation(url, kind);
  return detected === 'none' ? (continuationFromModels(siblings) ?? 'none') : detected;
}
