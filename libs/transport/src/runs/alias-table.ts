import type { RunIdentity } from './types';

/** The text that a worker's alias stands for. */
export interface AliasBinding {
  readonly identity: RunIdentity;
  readonly epoch: number;
  readonly generation: number;
  /** When this gateway stopped reading the run (ms); pieces are ignored until the worker notices. */
  mutedAt?: number;
}

/** A worker needs up to 2 s to see that this gateway has no reader of a run any more. */
const FORGET_MUTED_MS = 10_000;
const ASK_AGAIN_MS = 500;

/** The aliases that workers use for their texts, as announced to this gateway. */
export class AliasTable {
  private readonly workers = new Map<string, Map<number, AliasBinding>>();
  private readonly askedAt = new Map<string, number>();
  private readonly unknown = new Map<string, number[]>();

  get(worker: string, alias: number): AliasBinding | undefined {
    return this.workers.get(worker)?.get(alias);
  }

  bind(worker: string, alias: number, binding: AliasBinding): void {
    let aliases = this.workers.get(worker);
    if (!aliases) this.workers.set(worker, (aliases = new Map<number, AliasBinding>()));
    aliases.set(alias, binding);
  }

  /** Ignores further pieces of a run, for a while. */
  mute(runId: string, now: number): void {
    for (const aliases of this.workers.values()) {
      for (const binding of aliases.values()) if (binding.identity.runId === runId) binding.mutedAt ??= now;
    }
  }

  /** Records an alias without an open item; at most once in 0.5 s each. */
  ask(worker: string, alias: number, now: number): void {
    const name = `${worker}:${alias}`;
    if (now - (this.askedAt.get(name) ?? -Infinity) < ASK_AGAIN_MS) return;
    this.askedAt.set(name, now);
    const asked = this.unknown.get(worker);
    if (asked) asked.push(alias);
    else this.unknown.set(worker, [alias]);
  }

  /** Aliases to ask the workers for, since the last call. */
  takeUnknown(): [worker: string, aliases: number[]][] {
    if (this.unknown.size === 0) return [];
    const taken = [...this.unknown];
    this.unknown.clear();
    return taken;
  }

  /** Removes expired muted aliases. */
  sweep(now: number): void {
    for (const [worker, aliases] of this.workers) {
      for (const [alias, { mutedAt }] of aliases) {
        if (mutedAt !== undefined && now - mutedAt >= FORGET_MUTED_MS) aliases.delete(alias);
      }
      if (aliases.size === 0) this.workers.delete(worker);
    }
    for (const [name, at] of this.askedAt) if (now - at >= FORGET_MUTED_MS) this.askedAt.delete(name);
  }
}
