import { seeded } from '@perennial/testing/seeded';
import { describe, expect, it } from 'vitest';
import { type ByProcess, type Costs, PROCESSES } from './costs';
import { LIMITS, peakOf, plan, TARGET_UTILISATION } from './plan';
import { lengthOfAnswers, USUAL } from './profile';
import { holds } from './report';
import { simulate } from './simulation';
import { cpuSeconds } from './work';

const each = (value: number): ByProcess =>
  Object.fromEntries(PROCESSES.map((process) => [process, value])) as ByProcess;

const COSTS: Costs = {
  cpu: {
    turn_ms: each(2),
    token_us: { few: { answers: 25, us: each(40) }, many: { answers: 100, us: each(20) } },
    request_ms: each(0.5),
    sign_in_ms: each(10),
    chunk_ms: each(1),
    search_ms: each(2),
    idle_ms: each(5),
  },
  memory: {
    idle_mib: { gateway: 140, auth: 150, chat: 120, retrieval: 140, config: 100 },
    socket_kib: 30,
    answer_kib: 60,
  },
  bytes: {
    wire_per_token: 200,
    database_per_turn: 6_000,
    tokens_of_turn: 300,
    database_per_chunk: 6_000,
    characters_per_chunk: 800,
  },
};

describe('the plan', () => {
  it('for fifteen people is one process of each kind', () => {
    const { services } = plan(15, USUAL, COSTS);
    expect(Object.values(services).map(({ replicas }) => replicas)).toEqual([1, 1, 1, 1, 1]);
  });

  it('has two replicas of everything from a size at which nobody may notice a death', () => {
    const { services } = plan(100, USUAL, COSTS);
    for (const { replicas, because } of Object.values(services))
      expect([replicas, because]).toEqual([2, 'availability']);
  });

  it('grows in proportion to the people', () => {
    const [small, large] = [plan(1_000_000, USUAL, COSTS), plan(10_000_000, USUAL, COSTS)];
    expect(large.turns_per_second / small.turns_per_second).toBeCloseTo(10, 1);
    const ratio = large.services.chat.replicas / small.services.chat.replicas;
    expect(ratio).toBeGreaterThan(7);
    expect(ratio).toBeLessThan(11);
  });

  it('lets no replica use more than its share of a core, and no worker more answers than it takes', () => {
    for (const people of [100, 1_000, 10_000, 100_000]) {
      const { services, answers_at_once } = plan(people, USUAL, COSTS);
      for (const { cores_used } of Object.values(services))
        expect(cores_used).toBeLessThanOrEqual(TARGET_UTILISATION + 0.001);
      expect(services.chat.replicas * LIMITS.answers).toBeGreaterThanOrEqual(answers_at_once);
    }
  });

  it('a slow model needs more places, not more CPU', () => {
    const slow = { ...USUAL, tokens_per_second: 2 };
    const [usual, waiting] = [plan(50_000, USUAL, COSTS), plan(50_000, slow, COSTS)];
    expect(waiting.answers_at_once).toBeGreaterThan(10 * usual.answers_at_once);
    expect(waiting.tokens_per_second).toBe(usual.tokens_per_second);
    expect(waiting.services.chat.because).toBe('answers');
  });
});

describe('the work', () => {
  it('is the sum of its parts', () => {
    const work = { turns: 10, tokens: 1_000, requests: 4, signIns: 1, chunks: 5, searches: 2 };
    // 20 + 20 + 2 + 10 + 5 + 4 ms
    expect(cpuSeconds(work, COSTS, 100).gateway).toBeCloseTo(0.061, 6);
  });

  it('costs less for each token the more answers share a wake-up, as it was measured', () => {
    const tokens = { turns: 0, tokens: 1e6, requests: 0, signIns: 0, chunks: 0, searches: 0 };
    const cost = (answers: number) => cpuSeconds(tokens, COSTS, answers).chat;
    expect(cost(25)).toBeCloseTo(40, 6);
    expect(cost(50)).toBeCloseTo(26.666_667, 5);
    expect(cost(100)).toBeCloseTo(20, 6);
    expect(cost(10_000)).toBe(cost(100));
  });
});

describe('the length of answers', () => {
  it('has the median and the 95th percentile of the profile', () => {
    const { mu, sigma, mean } = lengthOfAnswers(USUAL);
    expect(Math.exp(mu)).toBeCloseTo(USUAL.tokens_median, 6);
    expect(Math.exp(mu + 1.6449 * sigma)).toBeCloseTo(USUAL.tokens_p95, 6);
    expect(mean).toBeGreaterThan(USUAL.tokens_median);
  });
});

describe('the simulated hour', () => {
  const simulated = (people: number, change: Partial<typeof USUAL> = {}) => {
    const profile = { ...USUAL, ...change };
    return simulate(plan(people, profile, COSTS), profile, COSTS, seeded(1));
  };

  it('has the turns of the busiest hour', () => {
    const expected = 20_000 * USUAL.active_share * USUAL.turns_per_day * USUAL.busiest_hour_share;
    const { turns } = simulated(20_000);
    expect(Math.abs(turns / expected - 1)).toBeLessThan(0.03);
  });

  it('finds the plan large enough at every size', () => {
    for (const people of [15, 500, 20_000, 200_000]) expect([people, holds(simulated(people))]).toEqual([people, true]);
  });

  it('comes as close to the planned number of answers as chance allows', () => {
    const { answers_at_once } = plan(50_000, USUAL, COSTS);
    const most = simulated(50_000).answers_at_once;
    expect(most).toBeGreaterThan(0.7 * answers_at_once);
    expect(most).toBeLessThanOrEqual(1.1 * answers_at_once);
  });

  it('finds a plan too small', () => {
    const planned = plan(50_000, USUAL, COSTS);
    const busier = { ...USUAL, turns_per_day: 3 * USUAL.turns_per_day };
    const { turns_per_second } = plan(50_000, busier, COSTS);
    const small = { ...planned, turns_per_second };
    expect(holds(simulate(small, busier, COSTS, seeded(1)))).toBe(false);
  });

  it('is the same for the same seed', () => {
    expect(simulated(1_000)).toEqual(simulated(1_000));
  });
});

describe('the peak of independent arrivals', () => {
  it('is above the mean, the less so the more there are', () => {
    expect(peakOf(0)).toBe(0);
    expect(peakOf(1)).toBeGreaterThan(3);
    expect(peakOf(10_000) / 10_000).toBeLessThan(1.04);
  });
});
