import type { RouteBody, RouteReply, routes } from '@perennial/contracts-gateway';
import type { CallRequest } from '@perennial/contracts-kernel';
import type {
  blobMove,
  BlobMoveProgress,
  BlobMoveStatus,
  embedding,
  EmbeddingConfig,
  VectorMoveStatus,
} from '@perennial/contracts-retrieval';
import { type RetrievalSettings, RetrievalSettingsSchema } from '@perennial/contracts-wire';
import { NOT_OFFERED } from './not-offered';

export function settingsReply(settings: RetrievalSettings): RouteReply<typeof routes.retrieval.config> {
  return { ...NOT_OFFERED, status: true, ...settings };
}

/** Our settings in a client's body; the rest belongs to engines that we do not have. */
export function settingsIn(body: Record<string, unknown>): Partial<RetrievalSettings> {
  const names = Object.keys(RetrievalSettingsSchema.shape).filter((name) => body[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, body[name]]));
}

export function embeddingReply(config: EmbeddingConfig): RouteReply<typeof routes.retrieval.embedding> {
  const { active, building, refused } = config.index;
  return {
    status: true,
    RAG_EMBEDDING_ENGINE: config.engine,
    RAG_EMBEDDING_MODEL: config.model,
    RAG_EMBEDDING_BATCH_SIZE: config.batchSize,
    ENABLE_ASYNC_EMBEDDING: true,
    RAG_EMBEDDING_CONCURRENT_REQUESTS: config.concurrentRequests,
    openai_config: config.openai,
    ollama_config: config.ollama,
    azure_openai_config: { url: '', key: '', version: '' },
    index: {
      active: active && modelOf(active),
      building: building && { ...modelOf(building), ...progressOf(building) },
      refused: {
        total: refused.total,
        files: refused.files.map(({ fileId, name, ...rest }) => ({ id: fileId, filename: name, ...rest })),
      },
    },
  };
}

export function vectorMoveReply({
  moving,
  former,
  ...rest
}: VectorMoveStatus): RouteReply<typeof routes.retrieval.vectorMoveStatus> {
  return {
    ...rest,
    moving: moving && {
      to: moving.to,
      done: moving.done,
      total: moving.total,
      points_per_second: moving.pointsPerSecond,
      min_recall: moving.minRecall,
      paused: moving.paused,
      error: moving.error,
    },
    former: former && { store: former.store, seconds_left: former.secondsLeft },
  };
}

export function blobMoveReply({
  commandRuns,
  order,
  ...rest
}: BlobMoveStatus): RouteReply<typeof routes.retrieval.blobMoveStatus> {
  return { ...rest, command_runs: commandRuns, order: order && orderReply(order) };
}

function orderReply({ kind, to, paused, error, ...order }: NonNullable<BlobMoveStatus['order']>) {
  const { bytesPerS, skipUnreadable, told, progress } = order;
  return {
    ...{ kind, to, paused, error },
    bytes_per_second: bytesPerS,
    skip_unreadable: skipUnreadable,
    told,
    progress: progress && progressReply(progress),
  };
}

function progressReply({ bytesPerS, ...progress }: BlobMoveProgress) {
  return { ...progress, bytes_per_second: bytesPerS };
}

/** How a move of files is ended. */
export function endingIn(body: RouteBody<typeof routes.retrieval.finishBlobMove>): CallRequest<typeof blobMove.finish> {
  return { skipUnreadable: body.skip_unreadable ?? undefined, withoutCopying: body.without_copying ?? undefined };
}

/** The given settings; the rest is unchanged. */
export function embeddingIn(
  body: RouteBody<typeof routes.retrieval.updateEmbedding>,
): CallRequest<typeof embedding.update> {
  const change: CallRequest<typeof embedding.update> = {
    engine: body.RAG_EMBEDDING_ENGINE,
    model: body.RAG_EMBEDDING_MODEL,
    batchSize: body.RAG_EMBEDDING_BATCH_SIZE,
    concurrentRequests: body.RAG_EMBEDDING_CONCURRENT_REQUESTS,
    openai: serverIn(body.openai_config),
    ollama: serverIn(body.ollama_config),
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function serverIn(server: { url?: string; key?: string } | null | undefined) {
  return server ? { url: server.url ?? '', key: server.key ?? '' } : undefined;
}

function modelOf({ engine, model, dimension }: NonNullable<EmbeddingConfig['index']['active']>) {
  return { engine, model, dimension };
}

function progressOf({ done, total, error }: NonNullable<EmbeddingConfig['index']['building']>) {
  return { done, total, error };
}
