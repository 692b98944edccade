/** The label of values beyond the limit. */
const OTHER = 'other';

/**
 * Limits the values of a metric's label that come from outside, such as model names: the first ones are kept, all others share one. Each
 * distinct value is a series that every scraper stores.
 */
export class BoundedLabel {
  private readonly known = new Set<string>();

  constructor(private readonly limit: number) {}

  of(value: string): string {
    if (this.known.has(value)) return value;
    if (this.known.size >= this.limit || value.length > 100) return OTHER;
    this.known.add(value);
    return value;
  }
}
