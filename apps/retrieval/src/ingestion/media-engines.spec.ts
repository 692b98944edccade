import { expect, it } from 'vitest';
import { ExtractionError } from '../extraction/extraction';
import { KeySeal } from '../settings/key-seal';
import type { SealedSettings } from '../settings/settings';
import { MediaEngineSettings } from './media-engines';

it('a key that cannot be opened concerns its own server only, and only when it is asked', async () => {
  const sealed = new KeySeal(['the former secret']).seal('sk-speech');
  const settings = {
    AUDIO_STT_ENGINE: 'openai',
    AUDIO_STT_OPENAI_API_BASE_URL: 'http://127.0.0.1:1/v1',
    AUDIO_STT_MODEL: 'hears',
    AUDIO_STT_LANGUAGE: '',
    transcriptionKey: sealed,
    VISION_ENGINE: '',
    VISION_OPENAI_API_BASE_URL: '',
    VISION_MODEL: '',
    visionKey: null,
  } as SealedSettings;
  const env = { PLACEMENTS: new Map(), AUDIO_STT_MAX_BYTES: 1_000, AUDIO_STT_TIMEOUT: 1 };
  const { transcriber } = new MediaEngineSettings(new KeySeal(['the present secret']), env).engines(settings, null);
  const file = { name: 'a.wav', contentType: 'audio/wav', bytes: new Blob(['RIFF']) };
  const refused = await Promise.resolve()
    .then(() => transcriber!.request(file))
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ExtractionError);
  expect(refused).toMatchObject({
    reason: 'engine-away',
    message: expect.stringMatching(/^The transcription server is not asked: its saved key cannot be opened/) as string,
  });
});
