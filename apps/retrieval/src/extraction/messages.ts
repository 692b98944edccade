import { ExtractionError, type ExtractionLimits } from './extraction';

/** A readable size: `2.0 GiB`. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} bytes` : `${value.toFixed(1)} ${units[unit] ?? ''}`;
}

const count = (value: number): string => value.toLocaleString('en-US');

/** Reasons that several readers use, with one wording. */
export const refuse = {
  empty: () => new ExtractionError('empty', 'The file is empty: there is no text in it.'),
  tooLarge: (bytes: number | undefined, { maxBytes }: ExtractionLimits) =>
    new ExtractionError(
      'too-large',
      `The file ${bytes === undefined ? `is larger than ${sizeText(maxBytes)}` : `has ${sizeText(bytes)}`}; text is read from files of up to ${sizeText(maxBytes)}. Split it into smaller files.`,
    ),
  tooManyPages: (pages: number, what: string, { maxPages }: ExtractionLimits) =>
    new ExtractionError(
      'too-many-pages',
      `The file has ${count(pages)} ${what}; up to ${count(maxPages)} are read. Split it into smaller files.`,
    ),
  tooMuchText: ({ maxTextLength }: ExtractionLimits) =>
    new ExtractionError(
      'too-much-text',
      `The file holds more than ${count(maxTextLength)} characters of text. Split it into smaller files.`,
    ),
  tooManyChunks: ({ maxChunks }: ExtractionLimits) =>
    new ExtractionError(
      'too-much-text',
      `The text falls into more than ${count(maxChunks)} pieces, each under a heading of its own or as small as the settings say. Split it into smaller files.`,
    ),
  tooManyColumns: (columns: number, { maxColumns }: ExtractionLimits) =>
    new ExtractionError(
      'too-many-columns',
      `A row of the table has ${count(columns)} columns; up to ${count(maxColumns)} are read. Split the table, or check the separator of its columns.`,
    ),
  tooDeep: (depth: number) =>
    new ExtractionError(
      'too-deep',
      `The file nests its elements more than ${count(depth)} levels deep, as no program writes it. Save it again, or as plain text.`,
    ),
  expands: () =>
    new ExtractionError(
      'expands-too-much',
      'The file unpacks to far more than its own size, as a zip bomb does, and is not read. Save the document again with the program it was made with.',
    ),
  encrypted: () =>
    new ExtractionError('encrypted', 'The file is protected by a password. Remove the password and upload it again.'),
  damaged: (what = 'The file is damaged or was cut off', options?: ErrorOptions) =>
    new ExtractionError('damaged', `${what}. Save the document again, or upload it again.`, options),
  unsupported: (what: string, advice: string) =>
    new ExtractionError('unsupported', `${what}: no text is read from it. ${advice}`),
};
