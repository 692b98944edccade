import { spawn } from 'node:child_process';
import { chats } from '@perennial/contracts-chat';
import { type ManagedProcess, processExists, sleep, waitFor } from '@perennial/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import type { Reader } from './reader';
import type { Turn, World } from './world';

/** Blocks the main thread for ever once the process listens for the end of the channel to its parent. */
const BLOCKS = `import {writeSync} from 'node:fs';setInterval(()=>{if(process.listenerCount('disconnect')===0)return;writeSync(1,'blocked');for(;;);},20)`;
/** Blocks the start until the parent is gone, without a turn of the loop that could notice it. */
const WAITS = `import {writeSync} from 'node:fs';const parent=process.ppid;const wait=()=>{writeSync(1,'starting');while(process.ppid===parent);};
process.env=new Proxy(process.env,{get(env,key){if(key==='CHAT_ROLE'&&process.ppid===parent)wait();return env[key];}})`;

const preload = (...programs: string[]): Record<string, string> => ({
  NODE_OPTIONS: programs.map((program) => `--import "data:text/javascript,${encodeURIComponent(program)}"`).join(' '),
});

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('stops, hand-overs and titles', () => {
  let world: World;
  inWorld(async (started) => {
    world = started;
    await world.chat('api');
  });
  afterEach(() => world.endProcesses('worker'));

  async function cancelled(turn: Turn, reader: Reader): Promise<void> {
    const end = await reader.ended();
    expect(end.terminal.state).toBe('cancelled');
    expect(reader.faults).toEqual([]);
    expect(world.expected(turn).startsWith(reader.text)).toBe(true);
    expect(await world.message(turn)).toMatchObject({ content: reader.text, done: true, extra: { incomplete: true } });
  }

  it('stops 20 running turns long before their ends, with the requests to the provider', async () => {
    await world.workers(2);
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const turn = await world.ask({ model: 'sim-t600-r30-x' });
        return { turn, reader: await world.follow(turn.runId) };
      }),
    );
    for (const { reader } of all) await reader.has(60);
    const aborted = world.simulator.stats().stream_aborted;
    await Promise.all(all.map(({ turn }) => world.cancel({ chatId: turn.chatId }, turn.user)));
    await waitFor(() => world.simulator.stats().stream_aborted >= aborted + 20, { what: 'all requests to be aborted' });
    for (const { turn, reader } of all) {
      await cancelled(turn, reader);
      expect(reader.text.length).toBeLessThan(world.expected(turn).length / 4);
    }
  }, 60_000);

  it('schedule 11: stopped while queued', async () => {
    const turn = await world.ask({ model: 'sim-t60-r30-x' });
    const reader = await world.follow(turn.runId);
    expect(await world.cancel({ runId: turn.runId }, turn.user)).toEqual([turn.runId]);
    await cancelled(turn, reader);
    await world.workers(1);
    await sleep(3_000);
    expect(await world.row(turn.runId)).toMatchObject({ state: 'cancelled', epoch: 0 });
    expect(world.calls(turn.prompt)).toBe(0);
  }, 60_000);

  it('schedule 11: stopped while the owner dies', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t600-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(400);
    await (await world.ownerOf(turn.runId)).kill();
    expect(await world.cancel({ runId: turn.runId }, turn.user)).toEqual([turn.runId]);
    await cancelled(turn, reader);
    expect(reader.text.length).toBeGreaterThan(100);
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  it('schedule 11: stopped while it is taken over', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t900-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(400);
    await (await world.ownerOf(turn.runId)).kill();
    await world.until(turn.runId, (row) => row.epoch === 2, 'epoch 2');
    await world.cancel({ runId: turn.runId }, turn.user);
    await cancelled(turn, reader);
    expect(world.calls(turn.prompt)).toBeLessThanOrEqual(2);
  }, 60_000);

  it('deleting a chat stops its runs', async () => {
    await world.workers(1);
    const turn = await world.ask({ model: 'sim-t600-r30-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(60);
    await world.rpc.call(chats.remove, { chatId: turn.chatId }, { principal: turn.user });
    expect((await reader.ended()).terminal.state).toBe('cancelled');
    const { rows } = await world.db.query('SELECT 1 FROM messages WHERE chat_id = $1', [turn.chatId]);
    expect(rows).toEqual([]);
  }, 60_000);

  it('hands over on SIGTERM the answers that do not end within half of the grace, without a death', async () => {
    await world.workers(2, { SHUTDOWN_GRACE_MS: '4000' });
    const turn = await world.ask({ model: 'sim-t300-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(300);
    const owner = await world.ownerOf(turn.runId);
    owner.signal('SIGTERM');
    await world.until(turn.runId, (row) => row.epoch === 2, 'epoch 2');
    expect(await owner.exited).toEqual({ code: 0, signal: null });
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 2, deaths: 0 });
    expect(reader.resets).toBe(0);
  }, 60_000);

  it('a run in quarantine is handed over on SIGTERM of its worker too, without a death', async () => {
    const turn = await world.ask({ model: 'sim-t900-r30-x' });
    await world.db.query('UPDATE runs SET deaths = 2 WHERE id = $1', [turn.runId]);
    const [worker] = (await world.workers(1, { SHUTDOWN_GRACE_MS: '8000' })) as [ManagedProcess];
    const reader = await world.follow(turn.runId);
    await reader.has(30);
    worker.signal('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(await world.row(turn.runId)).toMatchObject({ state: 'queued', epoch: 1, deaths: 2 });
    await world.cancel({ runId: turn.runId }, turn.user);
  }, 60_000);

  it.concurrent.each([
    ['that waits for its stores', { DATABASE_URL: 'postgres://127.0.0.1:1/nobody' }, '"msg"'],
    ['whose main thread is blocked', preload(BLOCKS), 'blocked'],
    // It is also blocked by the time at which it could have noticed.
    ['that was still starting', preload(WAITS, BLOCKS), 'starting'],
  ])(
    'a quarantine process %s ends with its worker',
    async (_, env, sign) => {
      const quarantine = { ...world.environment, CHAT_ROLE: 'quarantine', HEALTH_PORT: '0', ...env };
      // Acts as a worker: starts such a process and prints its id.
      const program = `
      import { fork } from 'node:child_process';
      const options = { env: ${JSON.stringify(quarantine)}, execArgv: [] };
      console.log(fork(${JSON.stringify(world.program)}, [String(process.pid)], options).pid);`;
      const worker = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      worker.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await waitFor(() => /^\d+\n/.test(output) && output.includes(sign), { timeoutMs: 60_000, what: `“${sign}”` });
      const pid = Number.parseInt(output, 10);
      expect(await processExists(pid)).toBe(true);
      worker.kill('SIGKILL');
      await waitFor(async () => !(await processExists(pid)), { timeoutMs: 60_000, what: 'the orphan to end' });
    },
    120_000,
  );

  it('on SIGTERM answers end by themselves, no further one is claimed, and then the worker exits at once', async () => {
    // Half of this grace is longer than the test may take.
    const grace = { SHUTDOWN_GRACE_MS: '600000' };
    const [leaving] = (await world.workers(1, grace)) as [ManagedProcess];
    world.answers.continuation = 'none';
    try {
      const turn = await world.ask({ model: 'sim-t120-r60-x', title: true });
      const reader = await world.follow(turn.runId);
      await reader.has(60);
      leaving.signal('SIGTERM');
      await waitFor(() => leaving.output.includes('"no further job is claimed"'), { what: 'it to claim nothing' });
      const later = await world.ask({ model: 'sim-t20-r100-x' });
      expect(await world.complete(turn, reader)).toMatchObject({ epoch: 1, deaths: 0 });
      expect(reader.resets).toBe(0);
      expect(await leaving.exited).toEqual({ code: 0, signal: null });
      expect(await world.row(later.runId)).toMatchObject({ state: 'queued', epoch: 0 });
      const [idle] = (await world.workers(1, grace)) as [ManagedProcess];
      await world.complete(later, await world.follow(later.runId));
      idle.signal('SIGTERM');
      expect(await idle.exited).toEqual({ code: 0, signal: null });
    } finally {
      world.answers.continuation = 'continue_final_message';
    }
  }, 60_000);

  it('a title of a dead process is made by another', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t200-r60-d1500-x', title: true });
    const reader = await world.follow(turn.runId);
    const owner = await world.ownerOf(turn.runId);
    await owner.kill();
    await world.complete(turn, reader);
    const { rows } = await world.db.query('SELECT tries, payload, result FROM side_effects WHERE run_id = $1', [
      turn.runId,
    ]);
    // What was said is not kept with it.
    const payload = { messageId: turn.messageId, modelId: turn.model };
    expect(rows).toEqual([{ tries: 2, payload, result: { title: 'Simulated title' } }]);
  }, 60_000);

  it('follow-ups of a dead process are made by another, and those of a stopped answer by nobody', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t20-r200-x', followUps: true });
    await world.complete(turn, await world.follow(turn.runId));
    const asked = ['What next?', 'Tell me more', 'Why is that?'];
    const followUps = async (): Promise<unknown> => (await world.message(turn)).extra.followUps;
    await waitFor(async () => (await followUps()) !== undefined, { what: 'the follow-ups' });
    expect(await followUps()).toEqual(asked);
    // As if their owner had died while it made them.
    await world.db.query(
      `WITH m AS (UPDATE messages SET extra = extra - 'followUps' WHERE chat_id = $1 AND id = $2)
       UPDATE side_effects SET state = 'begun', owner = gen_random_uuid(), created_at = now() - interval '1 minute' WHERE run_id = $3`,
      [turn.chatId, turn.messageId, turn.runId],
    );
    await waitFor(async () => (await followUps()) !== undefined, { what: 'the follow-ups once more' });
    const { rows } = await world.db.query('SELECT tries, payload, result FROM side_effects WHERE run_id = $1', [
      turn.runId,
    ]);
    const payload = { messageId: turn.messageId, modelId: turn.model };
    expect(rows).toEqual([{ tries: 2, payload, result: null }]);

    const stopped = await world.ask({ model: 'sim-t400-r50-x', followUps: true });
    const reader = await world.follow(stopped.runId);
    await world.cancel({ runId: stopped.runId }, stopped.user);
    await reader.ended();
    const left = await world.db.query('SELECT key FROM side_effects WHERE run_id = $1', [stopped.runId]);
    expect(left.rows).toEqual([]);
  }, 60_000);
});
