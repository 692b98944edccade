import { Module } from '@nestjs/common';
import { SearchIndexRepository } from './search-index.repository';
import { SearchIndexer } from './search-indexer';
import { SearchRepository } from './search.repository';
import { SearchService } from './search.service';

/** Finds chats by what is written in them. */
@Module({
  providers: [SearchIndexRepository, SearchIndexer, SearchRepository, SearchService],
  exports: [SearchService],
})
export class SearchModule {}
