import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '@perennial/contracts-kernel';
import { vectorMove, type VectorMoveStatus } from '@perennial/contracts-retrieval';
import { type Caller, withCalls } from '../calls';
import type { AddCommands } from '../command';
import { CommandError, UsageError } from '../failure';
import type { Result } from '../output';
import { Progress } from '../progress';

const ASK_MS = 1_000;
const MIN_RECALL = {
  type: 'number',
  requiresArg: true,
  describe: 'Share of hits that the new store has to find before it answers (0.99); 0: without a comparison',
} as const;

/** The vector stores of the documents, and the move from one to another. The workers of retrieval do it; these commands start and watch it. */
export const vectors: AddCommands = (program, add) =>
  program.command('vectors', 'The vector store of the documents', (argv) => {
    add(argv, {
      name: 'migrate',
      describe: 'Move all documents to another store of VECTOR_STORES while people search; again: continue',
      options: (options) =>
        options
          .option('to', { type: 'string', demandOption: true, requiresArg: true, describe: 'Name of the store' })
          .option('points-per-second', {
            type: 'number',
            requiresArg: true,
            describe: 'Write at most so many points in a second',
          })
          .option('min-recall', MIN_RECALL)
          .option('wait', { type: 'boolean', default: true, describe: 'Wait until the store answers' }),
      run: ({ to, pointsPerSecond, minRecall, wait }) =>
        withCalls((call) => migrate(call, { to, pointsPerSecond, minRecall }, wait)),
    });
    add(argv, {
      name: 'rollback',
      describe: 'Move back to the former store, which lacks nothing until its grace ends',
      options: (options) => options.option('min-recall', MIN_RECALL),
      run: ({ minRecall }) =>
        withCalls(async (call) => {
          const { former, moving } = await call(vectorMove.status, {});
          if (!former && moving) throw new CommandError(`The documents are being moved to "${moving.to}".`);
          if (!former) throw new CommandError('No former store is kept: `perennial vectors migrate` fills any other.');
          return migrate(call, { to: former.store, minRecall }, true);
        }),
    });
    for (const [name, describe] of [
      ['pause', 'Stop filling the new store; `migrate` continues'],
      ['cancel', 'Give up the move; the present store answers on'],
      ['finish', 'Drop what the former store has, before its grace ends'],
    ] as const)
      add(argv, {
        name,
        describe,
        options: (options) => options,
        run: () => withCalls(async (call) => shown(await call(vectorMove[name], {}, { key: randomUUID() }))),
      });
    add(argv, {
      name: 'status',
      describe: 'Show the stores, which one answers, and how far a move is',
      options: (options) => options,
      run: () => withCalls(async (call) => shown(await call(vectorMove.status, {}))),
    });
    return argv.demandCommand(1, 'Name a command of vectors.');
  });

interface MoveOptions {
  to: string;
  pointsPerSecond?: number | undefined;
  minRecall?: number | undefined;
}

/** Starts or continues a move, and waits for its end; it goes on without this command. */
async function migrate(call: Caller, options: MoveOptions, wait: boolean): Promise<Result> {
  const { to, pointsPerSecond, minRecall } = options;
  if (pointsPerSecond !== undefined && !(Number.isInteger(pointsPerSecond) && pointsPerSecond > 0))
    throw new UsageError('--points-per-second has to be a whole number above 0.');
  if (minRecall !== undefined && !(minRecall >= 0 && minRecall <= 1))
    throw new UsageError('--min-recall has to be a number from 0 to 1.');
  let status = await call(vectorMove.start, { to, pointsPerSecond, minRecall }, { key: randomUUID() });
  if (!wait) return shown(status);
  const watch = new Watch();
  try {
    for (; status.moving?.to === to; status = await ask(call, status)) {
      const { paused, error } = status.moving;
      if (paused && error !== null)
        throw new CommandError(`The move has stopped: ${error}. Continue with a lower --min-recall, or cancel it.`);
      if (paused) throw new CommandError('The move was paused. The same command continues it.');
      watch.show(status.moving);
      await sleep(ASK_MS);
    }
  } finally {
    watch.end();
  }
  if (status.active !== to) throw new CommandError('The move was cancelled; the former store answers.');
  return shown(status);
}

/** A service that is away for a moment ends neither the move nor the wait. */
async function ask(call: Caller, last: VectorMoveStatus): Promise<VectorMoveStatus> {
  try {
    return await call(vectorMove.status, {});
  } catch (error) {
    if (error instanceof CommandError || (error instanceof CallError && error.code === 'UNAVAILABLE')) return last;
    throw error;
  }
}

/** Shows how far a move is, and once each reason why it does not continue. */
class Watch {
  private progress?: Progress;
  private done = 0;
  private error: string | null = null;

  show({ done, total, error }: NonNullable<VectorMoveStatus['moving']>): void {
    this.progress ??= new Progress({ label: 'migrate', unit: ' files', total });
    this.progress.add(Math.max(0, done - this.done));
    this.done = Math.max(this.done, done);
    if (error !== null && error !== this.error) process.stderr.write(`Waiting: ${error}\n`);
    this.error = error;
  }

  end(): void {
    this.progress?.end();
  }
}

function shown(status: VectorMoveStatus): Result {
  const { stores, active, moving, former, comparison } = status;
  return {
    data: status,
    lines: [
      `stores: ${stores.join(', ')}`,
      `answers: ${active ?? 'none yet'}`,
      ...(moving ? [`moves to: ${moving.to}, ${describe(moving)}`] : []),
      ...(comparison ? [`compared: ${describeComparison(comparison)}`] : []),
      ...(former ? [`former: ${former.store}, kept for ${Math.ceil(former.secondsLeft / 3_600)} h more`] : []),
    ],
  };
}

function describe({ done, total, paused, pointsPerSecond, error }: NonNullable<VectorMoveStatus['moving']>): string {
  return [
    `${done} of ${total} files`,
    ...(pointsPerSecond === null ? [] : [`at most ${pointsPerSecond} points a second`]),
    ...(paused ? ['paused'] : []),
    ...(error === null ? [] : [`${paused ? 'stopped' : 'waiting'}: ${error}`]),
  ].join(', ');
}

function describeComparison({ points, samples, equal, searches, recall }: NonNullable<VectorMoveStatus['comparison']>) {
  return `${points} points counted, ${equal} of ${samples} vectors equal, recall ${recall.toFixed(4)} in ${searches} searches`;
}
