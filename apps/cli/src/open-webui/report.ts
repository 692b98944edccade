import { Progress } from '../progress';
import type { OnTooLarge } from './source';

export type Kind = 'people' | 'chats' | 'files' | 'knowledge' | 'settings';

/** Something that could not come, or not whole. */
export interface Omission {
  kind: Kind;
  /** As the other product calls it. */
  id: string;
  reason: string;
}

/** Omissions that are listed one by one; further ones are only counted. */
const LISTED = 1_000;

/** What an import has done. */
export class Report {
  readonly counts: Record<Kind, { created: number; present: number; omitted: number }> = {
    people: { created: 0, present: 0, omitted: 0 },
    chats: { created: 0, present: 0, omitted: 0 },
    files: { created: 0, present: 0, omitted: 0 },
    knowledge: { created: 0, present: 0, omitted: 0 },
    settings: { created: 0, present: 0, omitted: 0 },
  };
  readonly omissions: Omission[] = [];
  private progress: Progress | undefined;

  done(kind: Kind, created: boolean): void {
    this.counts[kind][created ? 'created' : 'present'] += 1;
    this.progress?.add(1);
  }

  omit(kind: Kind, id: unknown, reason: string): void {
    this.counts[kind].omitted += 1;
    this.progress?.add(1);
    this.note(kind, id, reason);
  }

  /** For rows that are too large to be read. */
  tooLarge(kind: Kind): OnTooLarge {
    return (id, reason) => this.omit(kind, id, reason);
  }

  /** It came, but not whole. */
  note(kind: Kind, id: unknown, reason: string): void {
    if (this.omissions.length < LISTED) this.omissions.push({ kind, id: String(id), reason });
  }

  /** What comes now, and how much of it there is. */
  begin(kind: Kind, total: number): void {
    this.end();
    this.progress = new Progress({ label: kind, unit: kind, total });
  }

  end(): void {
    this.progress?.end();
    this.progress = undefined;
  }
}
