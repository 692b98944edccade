import { afterAll, beforeAll, describe } from 'vitest';
import { noBrowser } from '../support/browser';
import { answers } from './answers.suite';
import { finding } from './finding.suite';
import { inFirefox } from './firefox.suite';
import { languages } from './languages.suite';
import { looks } from './looks.suite';
import { messages } from './messages.suite';
import { PageSystem } from './page-system';
import { writing } from './writing.suite';

describe.skipIf(noBrowser)('the page, in a real browser', () => {
  const system = new PageSystem();
  beforeAll(() => system.start());
  afterAll(() => system.stop());

  answers(system);
  messages(system);
  finding(system);
  languages(system);
  looks(system);
  inFirefox(system);
  // Last, because it ends its session.
  writing(system);
});
