import type { AddCommands } from '../command';
import { examine } from '../doctor/examine';
import type { Finding } from '../doctor/finding';

const MARKS: Record<Finding['level'], string> = { ok: '  ok      ', warning: '! warning ', failed: '✗ failed  ' };

/** A look at everything that the services need. */
export const doctor: AddCommands = (program, add) =>
  add(program, {
    name: 'doctor',
    describe: 'Examine the installation, and say what to do; exit with 1 if something fails',
    options: (options) => options,
    run: async () => {
      const findings = await examine();
      const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
      const lines = findings.flatMap(({ check, level, found, remedy }) => [
        `${MARKS[level]}${check}: ${found}`,
        ...(remedy === undefined ? [] : [`          ${remedy}`]),
      ]);
      const summary = `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed`;
      return { data: { findings }, lines: [...lines, '', summary], failed: count('failed') > 0 };
    },
  });
