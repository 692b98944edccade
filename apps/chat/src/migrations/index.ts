import { callResultsMigration } from '@perennial/persistence';
import { ChatSchema } from './1764000000000-chat-schema';
import { ChatUpkeep } from './1764100000000-chat-upkeep';
import { RunDocuments } from './1764200000000-run-documents';
import { SearchIndex } from './1764300000000-search-index';
import { RunClaims } from './1764310000000-run-claims';
import { Pictures } from './1764400000000-pictures';
import { Usage } from './1764500000000-usage';
import { PicturesOfCompletions } from './1764600000000-pictures-of-completions';
import { ChatsPinned } from './1764700000000-chats-pinned';
import { ChatsArchived } from './1764700000001-chats-archived';
import { Tags } from './1764700000002-tags';
import { ChatsTagged } from './1764700000003-chats-tagged';
import { RemovedMessages } from './1764800000000-removed-messages';

/** All migrations of the service's schema, oldest first. */
export const MIGRATIONS = [
  ChatSchema,
  callResultsMigration(1764000000001),
  ChatUpkeep,
  RunDocuments,
  SearchIndex,
  RunClaims,
  Pictures,
  Usage,
  PicturesOfCompletions,
  ChatsPinned,
  ChatsArchived,
  Tags,
  ChatsTagged,
  RemovedMessages,
];
