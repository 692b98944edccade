import { Module } from '@nestjs/common';
import { IndexCatalog } from './index-catalog';

/** Which indexes there are, and what is in them. */
@Module({ providers: [IndexCatalog], exports: [IndexCatalog] })
export class IndexModule {}
