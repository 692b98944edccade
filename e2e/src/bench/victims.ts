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
    const victims = new Victims(child);
    await victims.reply();
    return victims;
  }

  /** Each sends turns at times of its own, for so long. */
  async takeTurns(seconds: number): Promise<VictimFigures> {
    this.child.send({ seconds });
    return (await this.reply()) as VictimFigures;
  }

  /** @throws when the process has ended */
  private async reply(): Promise<unknown> {
    const ended = once(this.child, 'exit').then(() => {
      throw new Error('The process of the victims has ended.');
    });
    const [message] = (await Promise.race([once(this.child, 'message'), ended])) as unknown[];
    return message;
  }

  stop(): void {
    this.child.disconnect();
  }
}
