import { parseArgs } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { untilShown } from './fleet-watch';
import { MODEL, openPropagationSystem } from './propagation-system';
import { randomChanges } from './random-changes';
import { SHAPES } from './redis-shapes';
import { Grants, TAKEN, untilRefused } from './refusals';
import { VersionWatch } from './version-watch';

// `npm run bench:propagation -- [--rounds 20] [--changes 1000] [--seed 1] [--redis single|sentinel|cluster] [--keep]`: how long it takes until a session, role, model or
// permission that was taken away at one gateway is refused at each of three, with its notices and without; then random changes with lost notices
// and gateways that are cut off. Last line: one JSON object. Exits with 1 when something took longer than a second or went back.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    changes: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    redis: { type: 'string', default: 'single' },
    keep: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const shape = SHAPES.find((each) => each === values.redis);
if (!shape) throw new Error(`--redis is one of ${SHAPES.join(', ')}`);
/** What is promised of every change. */
const LIMIT_MS = 1_000;

function quantile(all: readonly number[], share: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

const shown = (all: readonly number[]) => ({
  p50: quantile(all, 0.5),
  p99: quantile(all, 0.99),
  max: quantile(all, 1),
  n: all.length,
});

const { system, link, admin, user, close } = await openPropagationSystem(shape);
try {
  const { gateways } = system;
  const grants = new Grants(gateways[0]!, admin, user, MODEL);
  const figures: Record<string, Record<string, ReturnType<typeof shown>>> = {};
  let worst = 0;
  for (const messages of ['delivered', 'dropped'] as const) {
    link.dropsNotices = messages === 'dropped';
    const of: (typeof figures)[string] = (figures[messages] = {});
    for (const taken of TAKEN) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1)
        times.push(...(await untilRefused(gateways, round % gateways.length, await grants.of(taken))));
      of[taken] = shown(times);
      worst = Math.max(worst, ...times);
      console.error(messages, taken, JSON.stringify(shown(times)));
    }
  }
  link.dropsNotices = false;
  const watch = new VersionWatch(gateways);
  const changes = await randomChanges({
    gateways,
    admin,
    users: [{ email: 'user0@example.com' }],
    link,
    watch,
    seed: Number(values.seed),
    changes: Number(values.changes),
    limitMs: LIMIT_MS,
  });
  await watch.close();
  const shownMs: Record<string, number> = {};
  if (rounds > 0) {
    const paused = system.process('chat', 2);
    paused.signal('SIGSTOP');
    shownMs['paused'] = await untilShown(gateways[0]!, admin.token, 'chat-2', 'silent');
    paused.signal('SIGCONT');
    await system.kill('chat', 1);
    shownMs['killed'] = await untilShown(gateways[0]!, admin.token, 'chat-1', 'gone');
  }
  const random = { ...changes, convergedMs: shown(changes.convergedMs), wentBack: watch.wentBack };
  const result = {
    redis: shape,
    refused_ms: figures,
    random_changes: random,
    fleet_shown_ms: shownMs,
    seed: Number(values.seed),
  };
  if (values.keep) keepResult(ROOT, shape === 'single' ? 'propagation' : `propagation-${shape}`, result);
  console.log(JSON.stringify(result));
  if (worst > LIMIT_MS || watch.wentBack.length > 0) process.exitCode = 1;
} finally {
  await close();
}
