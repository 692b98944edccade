import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CallError, type CallParsedRequest } from '@perennial/contracts-kernel';
import { files, retrievalSettings, type StoredFile, toBlobKey } from '@perennial/contracts-retrieval';
import type { RetrievalSettings } from '@perennial/contracts-wire';
import { Handles, rpcMicroservice, TransportModule } from '@perennial/transport';

export const SETTINGS: RetrievalSettings = {
  RAG_TEMPLATE: '',
  TOP_K: 3,
  RELEVANCE_THRESHOLD: 0,
  TOP_K_RERANKER: 3,
  RAG_RERANKING_ENGINE: '',
  RAG_RERANKING_MODEL: '',
  RAG_RERANKING_BATCH_SIZE: 32,
  RAG_EXTERNAL_RERANKER_URL: '',
  RAG_EXTERNAL_RERANKER_API_KEY: '',
  RAG_EXTERNAL_RERANKER_TIMEOUT: '',
  ENABLE_RAG_HYBRID_SEARCH: false,
  HYBRID_BM25_WEIGHT: 0.5,
  RAG_FULL_CONTEXT: false,
  BYPASS_EMBEDDING_AND_RETRIEVAL: false,
  RAG_SYSTEM_CONTEXT: false,
  TEXT_SPLITTER: '',
  ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER: true,
  CHUNK_SIZE: 1_000,
  CHUNK_MIN_SIZE_TARGET: 0,
  CHUNK_OVERLAP: 100,
  FILE_MAX_SIZE: null,
  FILE_MAX_COUNT: null,
  AUDIO_STT_ENGINE: '',
  AUDIO_STT_OPENAI_API_BASE_URL: '',
  AUDIO_STT_OPENAI_API_KEY: '',
  AUDIO_STT_MODEL: '',
  AUDIO_STT_LANGUAGE: '',
  VISION_ENGINE: '',
  VISION_OPENAI_API_BASE_URL: '',
  VISION_OPENAI_API_KEY: '',
  VISION_MODEL: '',
  ALLOWED_FILE_EXTENSIONS: [],
};

type Registration = CallParsedRequest<typeof files.register>;

/** Retrieval's reply for a file that it has just registered. */
export function storedFile(file: Registration, userId: string): StoredFile {
  const { fileId, name, contentType, size, sha256, metadata } = file;
  return {
    id: fileId,
    user_id: userId,
    hash: null,
    filename: name,
    data: { status: 'pending' },
    meta: {
      name,
      content_type: contentType,
      size,
      file_hash: sha256,
      data: metadata,
      collection_name: `file-${fileId}`,
    },
    created_at: 1,
    updated_at: 1,
  };
}

/** Answers the calls of the byte routes for retrieval, over the real transport, from memory. */
@Controller()
class TinyRetrieval {
  private readonly files = new Map<string, Registration>();

  @Handles(retrievalSettings.get)
  settings() {
    return { version: 1, settings: SETTINGS };
  }

  @Handles(files.register)
  register(file: Registration) {
    this.files.set(file.fileId, file);
    return storedFile(file, file.fileId);
  }

  @Handles(files.locate)
  locate({ fileId }: { fileId: string }) {
    const file = this.files.get(fileId);
    if (file === undefined) throw new CallError('NOT_FOUND', 'There is no such file.');
    const { name, contentType, size, sha256 } = file;
    return { blobKey: toBlobKey(fileId, '1'), name, contentType, size, sha256 };
  }
}

export async function startTinyRetrieval(redisUrl: string, keyPrefix: string): Promise<{ close(): Promise<void> }> {
  const root = class {};
  Module({
    imports: [TransportModule.forRoot({ redisUrl, keyPrefix, service: 'retrieval' })],
    controllers: [TinyRetrieval],
  })(root);
  const app = await NestFactory.createMicroservice(root, { ...rpcMicroservice, logger: false });
  await app.listen();
  return app;
}
