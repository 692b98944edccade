/**
 * What keeps this process from its work although it is up: something that it needs has gone silent. Whoever notices reports it by name; whoever
 * takes work leaves it to other processes meanwhile.
 */
export class Hindrances {
  private readonly names = new Set<string>();
  private readonly listeners: ((isHindered: boolean) => void)[] = [];

  get isHindered(): boolean {
    return this.names.size > 0;
  }

  /** @param name what has gone silent, for example `postgres` */
  report(name: string, isSilent: boolean): void {
    const before = this.isHindered;
    if (isSilent) this.names.add(name);
    else this.names.delete(name);
    if (this.isHindered !== before) for (const listener of this.listeners) listener(this.isHindered);
  }

  /** Calls `listener` when the first hindrance begins and when the last one ends. */
  onChange(listener: (isHindered: boolean) => void): void {
    this.listeners.push(listener);
  }
}
