import { Store } from '../../../state/store';
import { Speaker, type Voice } from './speaker';

const SYNTHESIS = 'speechSynthesis' in window ? window.speechSynthesis : undefined;

const hasVoices = () => (SYNTHESIS?.getVoices().length ?? 0) > 0;

/** Whether the browser can read aloud; some tell their voices a moment later. */
export const CAN_SPEAK = new Store(hasVoices());
SYNTHESIS?.addEventListener('voiceschanged', () => CAN_SPEAK.set(hasVoices()));

const BROWSER: Voice = {
  say: (text, language) =>
    new Promise((resolve, reject) => {
      const said = new SpeechSynthesisUtterance(text);
      const voices = SYNTHESIS?.getVoices().filter(({ lang }) => lang.toLowerCase().startsWith(language)) ?? [];
      const voice = voices.find((one) => one.default) ?? voices.find((one) => one.localService) ?? voices[0];
      said.lang = voice?.lang ?? language;
      if (voice) said.voice = voice;
      said.onend = () => resolve();
      said.onerror = ({ error }) => reject(new Error(error));
      SYNTHESIS?.speak(said);
    }),
  hush: () => SYNTHESIS?.cancel(),
};

/** The one voice of the page. */
export const SPEAKER = new Speaker(BROWSER);
addEventListener('pagehide', () => SPEAKER.stop());
