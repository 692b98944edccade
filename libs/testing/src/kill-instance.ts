import type { ManagedProcess } from '@perennial/local-runtime/servers';

/**
 * Ends the process of an instance with kill -9: one of `processes`, or a quarantine process that one of them has started, whose pid is in
 * its log.
 */
export async function killInstance(processes: readonly ManagedProcess[], instance: string): Promise<void> {
  const [name, quarantine] = instance.split('-quarantine-');
  const worker = processes.find((each) => each.name === name);
  if (worker === undefined) throw new Error(`no process is called ${name}`);
  if (quarantine === undefined) {
    await worker.kill();
    return;
  }
  const isItsStart = (line: string): boolean =>
    line.includes('quarantine process started') && line.includes(`"${instance}"`);
  const start = worker.output.split('\n').find(isItsStart);
  if (start === undefined) throw new Error(`${name} has not told that it started ${instance}`);
  const { pid } = JSON.parse(start) as { pid: number };
  process.kill(pid, 'SIGKILL');
}
