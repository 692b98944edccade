import type { ConnectionKind, ConnectionOptions, Settings } from '@perennial/contracts-config';

/** A model server. The key is decrypted only for a request. */
export interface Connection {
  kind: ConnectionKind;
  url: string;
  sealedKey: string | null;
  options: ConnectionOptions;
}

export interface ConnectionSet {
  enabled: boolean;
  connections: Connection[];
}

/** An admin's entry for a model; times are epoch seconds. */
export interface ModelEntry {
  id: string;
  user_id: string;
  base_model_id: string | null;
  name: string;
  meta: Record<string, unknown>;
  params: Record<string, unknown>;
  access_grants: {
    principal_type: 'user' | 'group';
    principal_id: string;
    permission: 'read' | 'write';
    [field: string]: unknown;
  }[];
  is_active: boolean;
  created_at: number;
  updated_at: number;
}

/** How models are offered; `defaults` null: as the environment says. */
export interface ModelChoice {
  defaults: string | null;
  order: string[];
}

/** The installation's name and words, as far as an administrator has saved them. */
export interface General {
  name?: string;
  pendingTitle?: string;
  pendingContent?: string;
}

/** The whole configuration of one version. Immutable. */
export interface ConfigState {
  version: number;
  banners: Settings['banners'];
  suggestions: Settings['suggestions'];
  general: General;
  modelChoice: ModelChoice;
  /** Per kind: the environment's connections until an admin saved some. */
  connections: Readonly<Record<ConnectionKind, ConnectionSet>>;
  entries: ReadonlyMap<string, ModelEntry>;
}
