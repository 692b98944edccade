/** A format without readable text. */
export interface ForeignKind {
  /** For the middle of a sentence: `a picture (PNG)`. */
  what: string;
  /** What to do instead, if anything. */
  advice?: string;
}

const PICTURE = 'Text is recognised in PNG, JPEG and WebP only. Save the picture in one of these formats.';
const SOUND = 'Speech is not transcribed here. Upload a transcript.';
const ARCHIVE = 'Unpack it and upload the files in it.';

/** First bytes as Latin-1, their position, and the formats that begin like this. */
const SIGNATURES: readonly [bytes: string, at: number, kind: ForeignKind][] = [
  ['GIF8', 0, { what: 'a picture (GIF)', advice: PICTURE }],
  ['II*\0', 0, { what: 'a picture (TIFF)', advice: PICTURE }],
  ['MM\0*', 0, { what: 'a picture (TIFF)', advice: PICTURE }],
  ['ftypheic', 4, { what: 'a picture (HEIC)', advice: PICTURE }],
  ['ftypavif', 4, { what: 'a picture (AVIF)', advice: PICTURE }],
  ['8BPS', 0, { what: 'a picture (Photoshop)', advice: PICTURE }],
  ['\0\0\x01\0', 0, { what: 'a picture (icon)', advice: PICTURE }],
  ['ID3', 0, { what: 'a sound file (MP3)', advice: SOUND }],
  ['\xff\xfb', 0, { what: 'a sound file (MP3)', advice: SOUND }],
  ['OggS', 0, { what: 'a sound or video file (Ogg)', advice: SOUND }],
  ['fLaC', 0, { what: 'a sound file (FLAC)', advice: SOUND }],
  ['WAVE', 8, { what: 'a sound file (WAV)', advice: SOUND }],
  ['ftypM4A', 4, { what: 'a sound file (M4A)', advice: SOUND }],
  ['ftyp', 4, { what: 'a video (MP4 or MOV)', advice: SOUND }],
  ['AVI ', 8, { what: 'a video (AVI)', advice: SOUND }],
  ['\x1aE\xdf\xa3', 0, { what: 'a video (Matroska or WebM)', advice: SOUND }],
  ['\x1f\x8b', 0, { what: 'a compressed file (gzip)', advice: ARCHIVE }],
  ['BZh', 0, { what: 'a compressed file (bzip2)', advice: ARCHIVE }],
  ['\xfd7zXZ', 0, { what: 'a compressed file (xz)', advice: ARCHIVE }],
  ['\x28\xb5\x2f\xfd', 0, { what: 'a compressed file (Zstandard)', advice: ARCHIVE }],
  ['7z\xbc\xaf\x27\x1c', 0, { what: 'an archive (7-Zip)', advice: ARCHIVE }],
  ['Rar!\x1a\x07', 0, { what: 'an archive (RAR)', advice: ARCHIVE }],
  ['ustar', 257, { what: 'an archive (tar)', advice: ARCHIVE }],
  ['\x7fELF', 0, { what: 'a program' }],
  ['MZ\x90\0', 0, { what: 'a program' }],
  ['SQLite format 3\0', 0, { what: 'a database (SQLite)', advice: 'Export its tables as CSV.' }],
  ['PAR1', 0, { what: 'a table (Parquet)', advice: 'Export it as CSV.' }],
  ['wOFF', 0, { what: 'a font' }],
  ['wOF2', 0, { what: 'a font' }],
];

/** First bytes of pictures in which text is recognised. */
const READABLE_PICTURES: readonly [bytes: string, at: number][] = [
  ['\x89PNG\r\n', 0],
  ['\xff\xd8\xff', 0],
  ['WEBPVP8', 8],
];

/** Whether it is a picture in which text can be recognised. */
export function isReadablePicture(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 16)).toString('latin1');
  return READABLE_PICTURES.some(([bytes, at]) => start.startsWith(bytes, at));
}

const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32);

/** The format of a file, if its first bytes show that it has no readable text. */
export function foreignKind(head: Uint8Array): ForeignKind | undefined {
  // A note about `ID3` may begin with it, but all these formats have control characters.
  if (!head.some(isControl)) return undefined;
  const start = Buffer.from(head.subarray(0, 300)).toString('latin1');
  return SIGNATURES.find(([bytes, at]) => start.startsWith(bytes, at))?.[2];
}
