interface Entrant {
  alone: boolean;
  enter: () => void;
}

/**
 * Work that runs side by side, or alone. Whoever is to be alone waits for what runs, and nothing begins before it: otherwise it would wait
 * for ever on a busy worker.
 */
export class AloneGate {
  readonly #waiting: Entrant[] = [];
  #running = 0;
  #alone = false;

  /** @throws what `work` throws */
  async run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ alone, enter });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#alone = false;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#admits(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#running += 1;
      this.#alone = next.alone;
      next.enter();
    }
  }

  #admits({ alone }: Entrant): boolean {
    return !this.#alone && (!alone || this.#running === 0);
  }
}
