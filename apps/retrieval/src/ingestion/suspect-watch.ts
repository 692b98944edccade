import { Inject, Injectable } from '@nestjs/common';
import { QuarantineProcesses } from '@perennial/ownership';
import { Runtime } from '@perennial/runtime';
import { IngestionRepository } from './ingestion.repository';
import { IngestionService } from './ingestion.service';

const LOOK_MS = 1_000;

/**
 * Sees to it that suspects find a process for as long as some wait. A job is told once: it may come while a process starts or has just begun, and that
 * one may have another suspect in hand for minutes.
 */
@Injectable()
export class SuspectWatch {
  #noticed = 0;
  /** How many had been noticed when none waited. */
  #seenToAt = 0;
  #look?: { trigger(): void };

  constructor(
    @Inject(IngestionRepository) private readonly repository: Pick<IngestionRepository, 'nextSuspect'>,
    @Inject(IngestionService) private readonly ingestion: Pick<IngestionService, 'isPaused'>,
    @Inject(QuarantineProcesses) private readonly quarantine: Pick<QuarantineProcesses, 'provide'>,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  start(): void {
    this.#look = this.runtime.every(LOOK_MS, () => this.#provide(), { name: 'see to suspects' });
  }

  /** A job says that one waits. It is a hint only: without a suspect no process is needed. */
  notice(): void {
    this.#noticed += 1;
    this.#look?.trigger();
  }

  async #provide(): Promise<void> {
    const noticed = this.#noticed;
    // Processes would wait as well, each with the memory of one.
    if (noticed === this.#seenToAt || (await this.ingestion.isPaused())) return;
    if (await this.repository.nextSuspect()) this.quarantine.provide();
    else this.#seenToAt = noticed;
  }
}
