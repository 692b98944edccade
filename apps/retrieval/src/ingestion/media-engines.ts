import { Inject, Injectable } from '@nestjs/common';
import { connectionPool } from '@perennial/model-provider';
import { allowsConnection } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import type { ExternalEngine, MediaEngines } from '../extraction/external/engines';
import { describer, type MediaServer, transcriber } from '../extraction/external/media';
import { ExtractionError } from '../extraction/extraction';
import { KeySeal } from '../settings/key-seal';
import type { SealedSettings } from '../settings/settings';

/** The servers that an administrator has named for sound and pictures. */
@Injectable()
export class MediaEngineSettings {
  constructor(
    private readonly seal: KeySeal,
    @Inject(RETRIEVAL_ENV)
    private readonly env: Pick<RetrievalEnv, 'PLACEMENTS' | 'AUDIO_STT_MAX_BYTES' | 'AUDIO_STT_TIMEOUT'>,
  ) {}

  /** Those that may see documents of this placement. */
  engines(settings: SealedSettings, residence: string | null): MediaEngines {
    const { AUDIO_STT_LANGUAGE: language, AUDIO_STT_ENGINE, VISION_ENGINE } = settings;
    const limits = { maxBytes: this.env.AUDIO_STT_MAX_BYTES, timeMs: this.env.AUDIO_STT_TIMEOUT * 1_000 };
    const speech = {
      url: settings.AUDIO_STT_OPENAI_API_BASE_URL,
      key: settings.transcriptionKey,
      model: settings.AUDIO_STT_MODEL,
    };
    const vision = {
      url: settings.VISION_OPENAI_API_BASE_URL,
      key: settings.visionKey,
      model: settings.VISION_MODEL,
    };
    const engine = (server: Sealed, make: (server: MediaServer) => ExternalEngine): ExternalEngine | undefined => {
      const { url, key } = server;
      if (url === '' || !allowsConnection(this.env.PLACEMENTS, residence, [url])) return undefined;
      const made = make({ ...server, key: () => this.open(key, made.name) });
      return { ...made, dispatcher: connectionPool(url) };
    };
    return {
      transcriber:
        AUDIO_STT_ENGINE === '' ? undefined : engine(speech, (server) => transcriber(server, { language, ...limits })),
      describer: VISION_ENGINE === '' ? undefined : engine(vision, describer),
    };
  }

  private open(key: string | null, name: string): string {
    try {
      return this.seal.open(key);
    } catch (error) {
      throw new ExtractionError(
        'engine-away',
        `${name} is not asked: its saved key cannot be opened with this SECRET_KEY. It is tried again; tell an administrator to enter the key again.`,
        { cause: error },
      );
    }
  }
}

type Sealed = Omit<MediaServer, 'key'> & { key: string | null };
