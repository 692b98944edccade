import { Module } from '@nestjs/common';
import { SearchRepository } from './search.repository';
import { SearchService } from './search.service';
import { SearchIndexRepository } from './search-index.repository';
import { SearchIndexer } from './search-indexer';

/** Finds chats by what is written in them. */
@Module({
  providers: [SearchIndexRepository, SearchIndexer, SearchRepository, SearchService],
  exports: [SearchService],
})
export class SearchModule {}
