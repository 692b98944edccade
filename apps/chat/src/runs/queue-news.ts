import { Injectable } from '@nestjs/common';
import { type QueuePlace, QueuePlacesRepository } from './ownership/queue-places.repository';
import { UserEvents } from './user-events';

/** Places that are read at once; those behind are told when they come nearer. */
const READ = 1_000;
/** Events in one look: what a long queue costs does not grow with it. */
const MOST_TOLD = 200;
/** A page that was loaded again has forgotten its place. */
const REPEAT_MS = 5_000;
/** A place far behind is told when it has changed by this share. */
const CHANGE = 0.1;

interface Told {
  before: number;
  at: number;
}

/** Tells waiting people how many answers are before theirs. One worker of the installation does so, with one statement a second while runs wait. */
@Injectable()
export class QueueNews {
  private told = new Map<string, Told>();

  constructor(
    private readonly repository: QueuePlacesRepository,
    private readonly events: UserEvents,
  ) {}

  async tell(now: number = performance.now()): Promise<void> {
    const places = await this.repository.first(READ);
    const told = new Map<string, Told>();
    let events = 0;
    for (const place of places) {
      const known = this.told.get(place.runId);
      if (events < MOST_TOLD && isNews(place, known, now)) {
        events += 1;
        this.events.waiting(place);
        told.set(place.runId, { before: place.before, at: now });
      } else if (known) {
        told.set(place.runId, known);
      }
    }
    this.told = told;
  }
}

function isNews({ before }: QueuePlace, known: Told | undefined, now: number): boolean {
  if (known === undefined || now - known.at >= REPEAT_MS) return true;
  return Math.abs(before - known.before) > CHANGE * known.before;
}
