import { afterAll, beforeAll, describe } from 'vitest';
import { noBrowser } from '../support/browser';
import { answers } from './answers.suite';
import { journeys } from './journeys.suite';
import { messages } from './messages.suite';
import { PageSystem } from './page-system';
import { writing } from './writing.suite';

describe.skipIf(noBrowser)('a chat, in a real browser', () => {
  const system = new PageSystem();
  beforeAll(() => system.start());
  afterAll(() => system.stop());

  answers(system);
  messages(system);
  journeys(system);
  // Last, because it ends its session.
  writing(system);
});
