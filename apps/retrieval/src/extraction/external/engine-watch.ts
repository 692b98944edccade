import { fetch } from 'undici';
import { ExtractionError } from '../extraction';
import type { ExternalEngine } from './engines';

/** After a refusal one document at a time finds out whether it is over. */
const TRIAL_MS = 15_000;
/** A wrong key or address is corrected by a person. */
const SETUP_MS = 60_000;
const PROBE_MS = 5_000;

interface Absence {
  until: number;
  /** Nothing answered at its address. */
  isDown: boolean;
  message: string;
}

/** The servers of this process that were away when a document needed them: others are not fetched from their store in vain. */
export class EngineWatch {
  private readonly absences = new Map<string, Absence>();

  /** None was away lately. */
  get isCalm(): boolean {
    return this.absences.size === 0;
  }

  /** @throws ExtractionError `engine-away` when it takes no documents now */
  async assertThere(engine: ExternalEngine): Promise<void> {
    const absence = this.absences.get(keyOf(engine));
    if (!absence) return;
    if (absence.isDown && (await answers(engine))) return;
    const leftMs = absence.until - performance.now();
    if (!absence.isDown && leftMs <= 0) {
      absence.until = performance.now() + TRIAL_MS;
      return;
    }
    const retryAfterS = absence.isDown ? undefined : Math.ceil(leftMs / 1_000);
    throw new ExtractionError('engine-away', absence.message, { retryAfterS });
  }

  /** @param error of the last document; undefined: it was read */
  note(engine: ExternalEngine, error?: ExtractionError): void {
    const key = keyOf(engine);
    if (error?.reason !== 'engine-away') return void this.absences.delete(key);
    const pauseMs = error.retryAfterS === undefined ? SETUP_MS : Math.min(error.retryAfterS * 1_000, SETUP_MS);
    this.absences.set(key, {
      until: performance.now() + pauseMs,
      isDown: error.isDown,
      message: error.message,
    });
  }
}

const keyOf = ({ name, url }: ExternalEngine): string => `${name} ${url}`;

/** Whether something is at its address that is no gateway without it. */
async function answers({ url, dispatcher }: ExternalEngine): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_MS);
    const response = await fetch(url, { method: 'HEAD', signal, redirect: 'manual', dispatcher });
    await response.body?.cancel();
    return response.status < 502;
  } catch {
    return false;
  }
}
