import { readFile } from 'node:fs/promises';
import { ExtractionError } from '../extraction';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { sizeOfPicture } from './picture-size';

/** More points than a scanner makes of a page. */
const MOST_PIXELS = 60_000_000;

/** Letters need some. */
const LEAST_POINTS = 16;

/** A picture with text in it, as of a scanner or a camera. Throws `no-text`, or `unsupported` where no text is recognised. */
export const readPicture: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const { recogniser } = reading;
  if (!recogniser.available)
    throw refuse.unsupported(
      'This is a picture',
      'Text in pictures is not recognised on this installation (OCR_LANGUAGES). Upload the text itself.',
    );
  const picture = await readFile(reading.path);
  const size = sizeOfPicture(picture);
  if (!size) throw refuse.damaged('The picture is damaged');
  if (size.width * size.height > MOST_PIXELS)
    throw new ExtractionError(
      'too-large',
      `The picture has ${size.width} by ${size.height} points; text is recognised in up to ${MOST_PIXELS / 1_000_000} million of them. Make it smaller.`,
    );
  const isTiny = Math.min(size.width, size.height) < LEAST_POINTS;
  const text = isTiny ? '' : await recogniser.text(() => Promise.resolve(picture));
  if (text.trim() === '')
    throw new ExtractionError(
      'no-text',
      recogniser.omitted === undefined
        ? 'No text was recognised in the picture.'
        : 'The text in the picture could not be recognised, or not in time. Make the picture smaller.',
    );
  yield { text, markup: 'plain' };
};
