import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { QuarantineProcesses } from '@perennial/work';
import { IngestionRepository } from './ingestion.repository';
import { IngestionPause } from './ingestion-pause';

const LOOK_MS = 1_000;

/**
 * Starts quarantine processes while suspected files wait. A job is sent once: it may arrive while a process starts, and that process may be
 * busy with another file for minutes.
 */
@Injectable()
export class SuspectWatch {
  private noticed = 0;
  /** The count of notices when no file was waiting. */
  private seenToAt = 0;
  private look?: { trigger(): void };

  constructor(
    @Inject(IngestionRepository) private readonly repository: Pick<IngestionRepository, 'nextSuspect'>,
    @Inject(IngestionPause) private readonly pause: Pick<IngestionPause, 'isOn'>,
    @Inject(QuarantineProcesses) private readonly quarantine: Pick<QuarantineProcesses, 'provide'>,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  start(): void {
    this.look = this.runtime.every(LOOK_MS, () => this.provide(), { name: 'start quarantine processes' });
  }

  /** A job reported a suspected file. It is a hint only: without such a file no process is needed. */
  notice(): void {
    this.noticed += 1;
    this.look?.trigger();
  }

  private async provide(): Promise<void> {
    const noticed = this.noticed;
    // Processes would wait too, each using memory.
    if (noticed === this.seenToAt || (await this.pause.isOn())) return;
    if (await this.repository.nextSuspect()) this.quarantine.provide();
    else this.seenToAt = noticed;
  }
}
