import { Injectable } from '@nestjs/common';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Principal,
  requireUser,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import type { documents, SearchItem } from '@perennial/contracts-retrieval';
import { canRead } from '../access/access';
import type { SettingsState } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { assertResidence, residenceOf } from '../stores/residence';
import { ChunkSelection, type SelectionOptions } from './chunk-selection';
import { areAllFar } from './closeness';
import { fitting } from './fitting';
import { ItemSearch, type Wanted } from './item-search';
import { Neighbours } from './neighbours';
import { SearchRepository, type SearchResource } from './search.repository';
import { degradedBy, unavailable } from './search-failure';
import { type EmbeddingName, type Found, metadataOf, type ScoredChunk, toSources, wireDistance } from './sources';
import { type Fit, templateFor } from './templates';
import { WholeTexts } from './whole-texts';

type SearchRequest = CallParsedRequest<typeof documents.search>;
type SearchReply = CallReply<typeof documents.search>;
type QueryRequest = CallParsedRequest<typeof documents.query>;

/** Model of chunks before the first index. */
const NO_MODEL: EmbeddingName = { engine: '', model: '' };

/** The caller, and its deadline. */
export interface Asker {
  principal: Principal;
  signal: AbortSignal;
  /** Milliseconds until the deadline. */
  remainingMs: number;
}

/** Searches of turns and of the wire's direct routes. Each checks access with the present state of the items. */
@Injectable()
export class SearchService {
  constructor(
    private readonly repository: SearchRepository,
    private readonly keeper: SettingsKeeper,
    private readonly items: ItemSearch,
    private readonly selection: ChunkSelection,
    private readonly neighbours: Neighbours,
    private readonly texts: WholeTexts,
  ) {}

  async search(request: SearchRequest, asker: Asker): Promise<SearchReply> {
    const user = requireUser(asker.principal);
    const { retrieval } = await this.keeper.current();
    const { readable, skipped } = await this.readable(user, request.items);
    const whole = retrieval.RAG_FULL_CONTEXT || retrieval.BYPASS_EMBEDDING_AND_RETRIEVAL;
    const wholeItems = readable.filter(({ item }) => whole || item.full);
    const searchedItems = readable.filter((one) => !wholeItems.includes(one));
    const { found: texts, truncated: cut } = await this.texts.read(wholeItems.map(({ resource }) => resource));
    const options = this.options(request.queries, user, request, retrieval);
    const resources = searchedItems.map(({ resource }) => resource);
    const wanted = this.wanted(options, resources.length, request, request.hybrid);
    let degraded: SearchReply['degraded'];
    let chunks: Map<string, readonly ScoredChunk[]> = new Map();
    let embedding;
    try {
      ({ chunks, embedding } = await this.items.search(resources, wanted, asker.signal));
    } catch (error) {
      degraded = degradedBy(error);
      if (!degraded) throw error;
      if (![...texts.values()].some((found) => found.length > 0)) throw unavailable(error, degraded);
    }
    const model = embedding ?? NO_MODEL;
    const candidates = readable.map(({ resource }) => chunks.get(resource.id) ?? []);
    const chosen = await this.selection.choose(candidates, { ...options, ...left(asker) });
    const { lists, truncated } = fitting(await this.neighbours.around(chosen), model);
    const found = readable.map(({ resource }, n): Found => {
      const wholeTexts = texts.get(resource.id);
      return wholeTexts ? { item: resource, texts: wholeTexts } : { item: resource, chunks: lists[n] ?? [] };
    });
    const sources = toSources(found, model);
    const hasWhole = [...texts.values()].some((found) => found.length > 0);
    const search = { items: resources, threshold: wanted.threshold };
    const fit = hasWhole || degraded ? 'close' : await this.fit(candidates, chosen, model, search);
    return {
      ...sources,
      template: templateFor(retrieval.RAG_TEMPLATE, fit),
      inSystem: retrieval.RAG_SYSTEM_CONTEXT,
      truncated: cut || truncated,
      skipped,
      ...(degraded ? { degraded } : {}),
      ...(fit === 'nothing' ? { nothing: true } : {}),
    };
  }

  /** Without a chunk it is `nothing` only if there are some that the threshold keeps out: files may not be read yet. */
  private async fit(
    candidates: readonly (readonly ScoredChunk[])[],
    chosen: readonly (readonly ScoredChunk[])[],
    embedding: EmbeddingName,
    { items, threshold }: { items: readonly SearchResource[]; threshold: number },
  ): Promise<Fit> {
    if (chosen.some((list) => list.length > 0)) return areAllFar(chosen.flat(), embedding) ? 'far' : 'close';
    if (candidates.some((list) => list.length > 0)) return 'nothing';
    return threshold > 0 && (await this.items.isAnyFindable(items)) ? 'nothing' : 'close';
  }

  async query(
    { collections, query, ...request }: QueryRequest,
    asker: Asker,
  ): Promise<CallReply<typeof documents.query>> {
    const user = requireUser(asker.principal);
    const { retrieval } = await this.keeper.current();
    const { readable, skipped } = await this.readable(user, collections.map(itemOf));
    if (skipped.length > 0) throw notFound();
    const hybrid = retrieval.ENABLE_RAG_HYBRID_SEARCH && request.hybrid !== false;
    const options = this.options([query], user, request, retrieval);
    try {
      const resources = readable.map(({ resource }) => resource);
      const wanted = this.wanted(options, 1, request, hybrid);
      const { chunks, embedding } = await this.items.search(resources, wanted, asker.signal);
      const model = embedding ?? NO_MODEL;
      const candidates = bestOf([...chunks.values()].flat(), wanted.k);
      const best = fitting(
        await this.selection.choose([candidates], { ...options, ...left(asker) }),
        model,
      ).lists.flat();
      return {
        ids: best.map(({ id }) => id),
        distances: best.map(wireDistance),
        documents: best.map(({ text }) => text),
        metadatas: best.map((chunk) => metadataOf(chunk, model)),
      };
    } catch (error) {
      const degraded = degradedBy(error);
      throw degraded ? unavailable(error, degraded) : error;
    }
  }

  /**
   * The items in order, each once, and those that are deleted or not readable.
   *
   * @throws CallError FAILED_PRECONDITION for one that is kept where this user's data does not belong
   */
  private async readable(
    user: UserPrincipal,
    items: readonly SearchItem[],
  ): Promise<{ readable: { item: SearchItem; resource: SearchResource }[]; skipped: SearchReply['skipped'] }> {
    const unique = [...new Map(items.map((item) => [`${item.type} ${item.id}`, item])).values()];
    const idsOf = (type: SearchItem['type']) => unique.filter((item) => item.type === type).map(({ id }) => id);
    const resources = unique.length === 0 ? [] : await this.repository.resources(idsOf('file'), idsOf('collection'));
    const known = new Map(resources.map((resource) => [`${resource.type} ${resource.id}`, resource]));
    const readable: { item: SearchItem; resource: SearchResource }[] = [];
    const skipped: SearchReply['skipped'] = [];
    for (const item of unique) {
      const resource = known.get(`${item.type} ${item.id}`);
      if (!resource || !canRead(user, resource)) {
        skipped.push({ type: item.type, id: item.id });
        continue;
      }
      assertResidence(user, resource, item.type === 'file' ? 'file' : 'knowledge base');
      readable.push({ item, resource });
    }
    return { readable, skipped };
  }

  private options(
    queries: readonly string[],
    user: UserPrincipal,
    { k, kReranker, threshold }: { k?: number; kReranker?: number; threshold?: number },
    settings: SettingsState['retrieval'],
  ): Omit<SelectionOptions, 'signal' | 'remainingMs'> {
    return {
      queries: [...new Set(queries)],
      settings,
      residence: residenceOf(user),
      k: k ?? settings.TOP_K,
      kReranker,
      threshold: threshold ?? settings.RELEVANCE_THRESHOLD,
    };
  }

  private wanted(
    options: Pick<SelectionOptions, 'queries' | 'settings' | 'residence' | 'k' | 'threshold'>,
    items: number,
    { keywordWeight }: { keywordWeight?: number },
    hybrid: boolean = options.settings.ENABLE_RAG_HYBRID_SEARCH,
  ): Wanted {
    const { queries, residence, settings } = options;
    const weight = keywordWeight ?? settings.HYBRID_BM25_WEIGHT;
    return {
      queries,
      residence,
      ...this.selection.wanted(options, items),
      ...(hybrid && weight > 0 ? { keywordWeight: weight } : {}),
    };
  }
}

const left = ({ signal, remainingMs }: Asker) => ({ signal, remainingMs });

/** `file-{id}` or the id of a base. */
function itemOf(collection: string): SearchItem {
  const [, prefix, id] = /^(file-)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(collection) ?? [];
  if (id === undefined) throw notFound();
  return { type: prefix === undefined ? 'collection' : 'file', id: id.toLowerCase(), full: false };
}

function notFound(): CallError {
  return new CallError('NOT_FOUND', 'There is no such collection.');
}

/** The best chunks of several items: a chunk of two items, and a repeated text, count once. */
function bestOf(chunks: readonly ScoredChunk[], k: number): ScoredChunk[] {
  const texts = new Set<string>();
  return [...chunks]
    .sort((a, b) => b.score - a.score || b.similarity - a.similarity)
    .filter(({ hash }) => !texts.has(hash) && Boolean(texts.add(hash)))
    .slice(0, k);
}
