import { Module } from '@nestjs/common';
import { EmbeddingCache } from './embedding-cache';
import { EmbeddingGateway } from './embedding-gateway';

/** Texts into vectors. */
@Module({ providers: [EmbeddingCache, EmbeddingGateway], exports: [EmbeddingCache, EmbeddingGateway] })
export class EmbeddingModule {}
