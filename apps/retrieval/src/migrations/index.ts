import { callResultsMigration } from '@perennial/persistence';
import { KnowledgeBases } from './1763800000001-knowledge-bases';
import { Documents } from './1764200000000-documents';
import { IndexBuilds } from './1764300000000-index-builds';
import { FaultIsolation } from './1764400000000-fault-isolation';
import { UserStorageIndex } from './1764500000000-user-storage';
import { Residence } from './1764600000000-residence';
import { PageLabels } from './1764700000000-page-labels';
import { IndexStores } from './1764800000000-index-stores';
import { BlobStores } from './1764810000000-blob-stores';
import { BuildRetry } from './1764820000000-build-retry';
import { KnowledgeSources } from './1764830000000-knowledge-sources';
import { Recordings } from './1764840000000-recordings';
import { RepositoryTokens } from './1764850000000-repository-tokens';
import { UnansweredFiles } from './1764860000000-unanswered-files';
import { LeftOutDocuments } from './1764860000001-left-out-documents';
import { BlobMoves } from './1764860000002-blob-moves';
import { KnowledgeDirectories } from './1764860000003-knowledge-directories';
import { DirectoriesOfPlacements } from './1764860000004-directories-of-placements';
import { MovesOfPlacements } from './1764860000005-moves-of-placements';
import { RemovalsOfBases } from './1764860000006-removals-of-bases';

/** All migrations of schema `retrieval`, oldest first. */
export const retrievalMigrations = [
  KnowledgeBases,
  Documents,
  callResultsMigration(1764200000001),
  IndexBuilds,
  FaultIsolation,
  UserStorageIndex,
  Residence,
  PageLabels,
  IndexStores,
  BlobStores,
  BuildRetry,
  KnowledgeSources,
  Recordings,
  RepositoryTokens,
  UnansweredFiles,
  LeftOutDocuments,
  BlobMoves,
  KnowledgeDirectories,
  DirectoriesOfPlacements,
  MovesOfPlacements,
  RemovalsOfBases,
];
