import { afterAll, beforeAll, describe } from 'vitest';
import { noBrowser } from '../support/browser';
import { drawing } from './drawing.suite';
import { finding } from './finding.suite';
import { inFirefox } from './firefox.suite';
import { installed } from './installed.suite';
import { languages } from './languages.suite';
import { looks } from './looks.suite';
import { PageSystem } from './page-system';

describe.skipIf(noBrowser)('the page, in a real browser', () => {
  const system = new PageSystem();
  beforeAll(() => system.start());
  afterAll(() => system.stop());

  finding(system);
  installed(system);
  drawing(system);
  languages(system);
  looks(system);
  inFirefox(system);
});
