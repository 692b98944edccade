import { Module } from '@nestjs/common';
import { EmbeddingModule } from '../embedding/embedding.module';
import { IndexModule } from '../search-index/index.module';
import { SettingsModule } from '../settings/settings.module';
import { ChunkSelection } from './chunk-selection';
import { ItemSearch } from './item-search';
import { LiveSearch } from './live-search';
import { Neighbours } from './neighbours';
import { Reranker } from './reranker';
import { SearchController } from './search.controller';
import { SearchRepository } from './search.repository';
import { SearchService } from './search.service';
import { WholeTexts } from './whole-texts';

/** Searches of turns, and the direct ones of the wire. */
@Module({
  imports: [EmbeddingModule, IndexModule, SettingsModule],
  controllers: [SearchController],
  providers: [
    SearchRepository,
    SearchService,
    ItemSearch,
    LiveSearch,
    ChunkSelection,
    Neighbours,
    Reranker,
    WholeTexts,
  ],
})
export class SearchModule {}
