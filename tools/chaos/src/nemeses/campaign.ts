import { setTimeout as sleep } from 'node:timers/promises';
import type { AppliedFault, Outage } from '../record/history';
import type { Field } from './nemesis';
import { type OutageRule, OUTAGES } from './outages';
import type { PlannedFault } from './plan';

/** Applies the faults of a plan, one after another, and declares their outages by the table. */
export class Campaign {
  readonly faults: AppliedFault[] = [];
  readonly outages: Outage[] = [];

  /** @param complain is told when something did not come back after a fault */
  constructor(
    private readonly log: (line: string) => void,
    private readonly complain: (from: number, what: string) => void,
  ) {}

  /** Ends with the plan, or with the fault during which it is `until` (epoch milliseconds). */
  async run(plan: Iterable<PlannedFault>, field: Field, until = Infinity): Promise<void> {
    for (const fault of plan) {
      if (Date.now() >= until) return;
      await this.apply(fault, field);
    }
  }

  private async apply({ number, nemesis, gapMs, random }: PlannedFault, field: Field): Promise<void> {
    await sleep(gapMs);
    const rule = OUTAGES[nemesis.name];
    let from = Date.now();
    // Declared before it is over: nothing is judged until the end, and a fault that throws has had its effects too.
    const fault: AppliedFault = { number, nemesis: nemesis.name, what: nemesis.name, from, to: from };
    this.faults.push(fault);
    try {
      await nemesis.prepare?.(field);
      from = fault.from = Date.now();
      fault.what = await nemesis.apply(field, random);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      fault.what = `${nemesis.name}, and then: ${why}`;
      this.complain(from, fault.what);
    } finally {
      fault.to = Date.now();
      if (rule.excuses !== null) {
        const { excuses, afterMs = 0, stopsTakeOvers, restartsDetection }: OutageRule = rule;
        this.outages.push({
          ...{ what: fault.what, from: from + afterMs, to: fault.to + rule.tailMs, excuses },
          ...(stopsTakeOvers ? { noTakeOverUntil: fault.to } : {}),
          ...(restartsDetection ? { detectedAnewFrom: fault.to } : {}),
        });
      }
    }
    await nemesis.heal?.(field).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.complain(fault.to, `after ${nemesis.name}: ${why}`);
    });
    this.log(`fault ${number}: ${fault.what}`);
  }
}
