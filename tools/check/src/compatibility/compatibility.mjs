import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { previousRelease, releaseSources } from '../../../build/src/previous-release.mjs';
import { refusals, removedFields, strictObjects } from './accepts.mjs';
import { messagesOf } from './schemas.mjs';

/** @typedef {import('./schemas.mjs').Messages} Messages */

/** What to do, by the kind of break. */
const ADVICE = {
  removed:
    'the previous version still uses it. Keep it and stop using it in this version; remove it when PREVIOUS_RELEASE no longer uses it',
  'new refuses old':
    'this version would refuse what the previous one sends. Accept both: new fields are optional, maxima and values only grow',
  'old refuses new':
    'the previous version would refuse what this one sends. Send it in the next version, or behind a gate that is open when every replica is new enough',
};

const AcceptedSchema = z.array(
  z.object({
    /** A fault as the check prints it, up to the first colon after the place. */
    place: z.string().min(1),
    reason: z.string().min(20, 'must say why nobody notices'),
  }),
);

/**
 * Breaks between two versions that run together.
 *
 * @param {Messages} older
 * @param {Messages} newer
 * @returns {{ place: string, what: string }[]}
 */
export function breaks(older, newer) {
  return [...older].flatMap(([name, then]) => {
    const now = newer.get(name);
    if (now === undefined) return [{ place: name, what: `is gone: ${ADVICE.removed}` }];
    /** @type {(faults: readonly string[], kind: keyof typeof ADVICE) => { place: string, what: string }[]} */
    const told = (faults, kind) =>
      faults.map((fault) => {
        const [place = '', what = 'is gone'] = fault.split(/: (.*)/s);
        return { place, what: `${what}: ${ADVICE[kind]}` };
      });
    const found = [
      ...told(removedFields(then.schema, now.schema, name), 'removed'),
      ...told(refusals(now.schema, then.schema, { at: name, everyValue: true }), 'new refuses old'),
      // Who asks for something new of a replica that does not know it is refused; everybody else must not be.
      ...told(
        refusals(then.schema, now.schema, { at: name, everyValue: now.direction !== 'request' }),
        'old refuses new',
      ),
    ];
    // A removed field that was required is one break.
    return found.filter(({ place }, index) => found.findIndex((each) => each.place === place) === index);
  });
}

/** Messages in which the next version could not add a field. */
export function refusingUnknown(/** @type {Messages} */ messages) {
  return [...messages].flatMap(([name, { schema }]) =>
    strictObjects(schema, name).map(
      (place) => `${place}: refuses unknown fields, so that the next version cannot add one: z.object or z.looseObject`,
    ),
  );
}

/**
 * Faults after the accepted ones are taken out; an accepted one that does not exist is a fault too.
 *
 * @param {readonly { place: string, what: string }[]} found
 * @param {unknown} accepted the content of accepted.json
 * @returns {string[]}
 */
export function unaccepted(found, accepted) {
  const entries = AcceptedSchema.parse(accepted);
  const stale = entries.filter(({ place }) => !found.some((each) => each.place === place));
  return [
    ...found
      .filter(({ place }) => !entries.some((entry) => entry.place === place))
      .map(({ place, what }) => `${place}: ${what}`),
    ...stale.map(({ place }) => `accepted.json: ${place} is no break any more: remove the entry`),
  ];
}

/** @returns {Promise<string[]>} breaks between this version and the one that PREVIOUS_RELEASE names */
export async function checkCompatibility() {
  const newer = await messagesOf();
  const commit = previousRelease();
  if (commit === undefined) return refusingUnknown(newer);
  const accepted = JSON.parse(readFileSync(new URL('accepted.json', import.meta.url), 'utf8'));
  return [...refusingUnknown(newer), ...unaccepted(breaks(await messagesOf(releaseSources(commit)), newer), accepted)];
}
