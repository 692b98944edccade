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
const SHOWN_EVERY_MS = 2_000;

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
  private shownAt = Date.now();

  done(kind: Kind, created: boolean): void {
    this.counts[kind][created ? 'created' : 'present'] += 1;
    this.show(kind);
  }

  omit(kind: Kind, id: unknown, reason: string): void {
    this.counts[kind].omitted += 1;
    this.note(kind, id, reason);
  }

  /** It came, but not whole. */
  note(kind: Kind, id: unknown, reason: string): void {
    if (this.omissions.length < LISTED) this.omissions.push({ kind, id: String(id), reason });
  }

  private show(kind: Kind): void {
    if (Date.now() - this.shownAt < SHOWN_EVERY_MS) return;
    this.shownAt = Date.now();
    const { created, present, omitted } = this.counts[kind];
    process.stderr.write(`${kind}: ${created} imported, ${present} here already, ${omitted} left out\n`);
  }
}
