import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionKind } from '@perennial/contracts-config';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import { KeySeal } from './key-seal';
import type { ConnectionSet } from './state';

/** The address of a key without a URL. */
const OPENAI_URL = 'https://api.openai.com/v1';

/** The connections of the environment. Never written to the database: they change with the environment. */
@Injectable()
export class EnvironmentConnections {
  private readonly sets: Record<ConnectionKind, ConnectionSet>;

  constructor(@Inject(CONFIG_ENV) env: ConfigEnv, seal: KeySeal) {
    const keys = env.OPENAI_API_KEYS ?? [];
    const urls = env.OPENAI_API_BASE_URLS ?? (keys.some((key) => key !== '') ? [OPENAI_URL] : []);
    this.sets = {
      openai: {
        enabled: env.ENABLE_OPENAI_API,
        connections: urls.map((url, at) => ({
          kind: 'openai',
          url,
          sealedKey: seal.seal(keys[at] ?? ''),
          options: {},
        })),
      },
      ollama: {
        enabled: env.ENABLE_OLLAMA_API,
        connections: (env.OLLAMA_BASE_URLS ?? []).map((url) => ({ kind: 'ollama', url, sealedKey: null, options: {} })),
      },
    };
  }

  of(kind: ConnectionKind): ConnectionSet {
    return this.sets[kind];
  }
}
