import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import type { Account } from '../support/accounts';

export interface VictimFigures {
  figures: Record<string, unknown>;
  firstTokenP99Ms: number;
}

export interface VictimOptions {
  baseUrl: string;
  accounts: readonly Account[];
  model: string;
}

/**
 * Users who send a turn every few seconds, in a process of their own: the driver's is busy with the crowd, and would count its own delay as
 * theirs.
 */
export class Victims {
  private constructor(private readonly child: ReturnType<typeof fork>) {}

  static async start(options: VictimOptions): Promise<Victims> {
    const child = fork(join(ROOT, 'e2e/dist/victims.js'));
    child.send(options);
    await once(child, 'message');
    return new Victims(child);
  }

  /** Each sends turns at times of its own, for so long. */
  async takeTurns(seconds: number): Promise<VictimFigures> {
    this.child.send({ seconds });
    const [figures] = (await once(this.child, 'message')) as [VictimFigures];
    return figures;
  }

  stop(): void {
    this.child.disconnect();
  }
}
