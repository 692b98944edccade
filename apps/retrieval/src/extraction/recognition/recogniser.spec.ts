import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type ExtractionLimits } from '../extraction';
import { missingLanguages } from './languages';
import { Recogniser } from './recogniser';

/** No picture is ever there, so no thread starts: what it recognises is in `recognition.medium.spec.ts`. */
describe('the pictures of a document', () => {
  let told: unknown[];
  const recogniserWith = (limits: Partial<ExtractionLimits>): Recogniser => {
    told = [];
    return new Recogniser({ languages: ['eng'] }, { ...DEFAULT_LIMITS, ...limits }, (busy) => told.push(busy));
  };
  const make = async (): Promise<undefined> => {
    told.push('made');
    await sleep(5);
  };

  it('are not even made beyond their number: a long scan would take the time of its reader', async () => {
    const recogniser = recogniserWith({ maxRecognisedPages: 0 });
    expect(await recogniser.text(make)).toBe('');
    expect(told).toEqual([]);
    expect(recogniser.omitted).toBe('more than 0 are not recognised');
  });

  it('are made in the time of the recogniser, and not in that of the reader', async () => {
    const recogniser = recogniserWith({ recognitionMs: 1 });
    await recogniser.text(make);
    expect(recogniser.omitted).toBeUndefined();
    await recogniser.text(make);
    expect(told).toEqual([true, 'made', false]);
    expect(recogniser.omitted).toMatch(/took longer/);
  });
});

it('a language that is not there is named', () => {
  const languages = ['eng', 'fra', '../eng'];
  expect(missingLanguages({ languages })).toEqual(['fra', '../eng']);
  expect(missingLanguages({ languages: [] })).toEqual([]);
});
