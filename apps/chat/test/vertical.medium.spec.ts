import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedText } from '@perennial/provider-simulator';
import { World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('a turn from accept to finish', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    await world.chat('all');
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
  });

  it('streams the answer to a reader and keeps it', async () => {
    const turn = await world.ask({ title: true });
    const reader = await world.follow(turn.runId);
    const end = await reader.ended();
    const text = expectedText(turn.model, turn.prompt, 120);
    expect(end.terminal).toMatchObject({ state: 'completed', finishReason: 'stop', length: text.length });
    expect(reader.faults).toEqual([]);
    expect(reader.text).toBe(text);
    expect(await world.message(turn)).toMatchObject({ content: text, done: true, error: null });
  });
});
