import { afterAll, beforeAll, describe } from 'vitest';
import { noBrowser } from '../support/browser';
import { finding } from './finding.suite';
import { inFirefox } from './firefox.suite';
import { languages } from './languages.suite';
import { looks } from './looks.suite';
import { PageSystem } from './page-system';

describe.skipIf(noBrowser)('the page, in a real browser', () => {
  const system = new PageSystem();
  beforeAll(() => system.start());
  afterAll(() => system.stop());

  finding(system);
  languages(system);
  looks(system);
  inFirefox(system);
});
