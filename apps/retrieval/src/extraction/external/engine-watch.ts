import { fetch } from 'undici';
import { ExtractionError } from '../extraction';
import type { ExternalEngine } from './engines';

/** After a refusal one document at a time finds out whether it is over. */
const TRIAL_MS = 15_000;
/** A wrong key or address is corrected by a person. */
const SETUP_MS = 60_000;
const PROBE_MS = 5_000;
/** Its address may have been corrected: nobody asks at the former one any more. */
const FORGOTTEN_MS = 600_000;

interface Absence {
  until: number;
  /** Nothing answered at its address. */
  isDown: boolean;
  message: string;
  /** When a document last found it away. */
  notedAt: number;
  /** One for all documents: a server that never answers would hold each of them. */
  probe?: { until: number; there: Promise<boolean> };
}

/** The servers of this process that were away when a document needed them: others are not fetched from their store in vain. */
export class EngineWatch {
  private readonly absences = new Map<string, Absence>();

  /** None was away lately. */
  get isCalm(): boolean {
    const now = performance.now();
    for (const [key, { notedAt }] of this.absences) if (now - notedAt > FORGOTTEN_MS) this.absences.delete(key);
    return this.absences.size === 0;
  }

  /** @throws ExtractionError `engine-away` when it takes no documents now */
  async assertThere(engine: ExternalEngine): Promise<void> {
    const absence = this.absences.get(keyOf(engine));
    if (!absence) return;
    if (absence.isDown && (await probed(absence, engine))) return;
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
    const now = performance.now();
    this.absences.set(key, { until: now + pauseMs, isDown: error.isDown, message: error.message, notedAt: now });
  }
}

const keyOf = ({ name, url }: ExternalEngine): string => `${name} ${url}`;

/** The answer counts for twice as long as it took. */
function probed(absence: Absence, engine: ExternalEngine): Promise<boolean> {
  const began = performance.now();
  if (absence.probe && began < absence.probe.until) return absence.probe.there;
  const probe = { until: Infinity, there: answers(engine) };
  absence.probe = probe;
  void probe.there.then(() => {
    const now = performance.now();
    probe.until = now + 2 * (now - began);
  });
  return probe.there;
}

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
