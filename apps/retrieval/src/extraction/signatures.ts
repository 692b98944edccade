/** A format without readable text. */
export interface ForeignKind {
  /** For the middle of a sentence: `a picture (PNG)`. */
  what: string;
  /** What to do instead, if anything. */
  advice?: string;
  /** Of sound and video: the ending and the type by which a transcription server knows it. */
  media?: MediaKind;
}

export interface MediaKind {
  extension: string;
  contentType: string;
}

const PICTURE = 'Text is recognised in PNG, JPEG and WebP only. Save the picture in one of these formats.';
const SOUND =
  'Speech is not transcribed on this installation: upload a transcript, or ask an administrator to set a transcription server (AUDIO_STT_ENGINE).';
const ARCHIVE = 'Unpack it and upload the files in it.';

type Signature = [bytes: string, at: number, kind: ForeignKind];

function sound(what: string, extension: string, contentType: string): ForeignKind {
  return { what, advice: SOUND, media: { extension, contentType } };
}

/** First bytes as Latin-1, their position, and the formats that begin like this. */
const SIGNATURES: readonly Signature[] = [
  ['GIF8', 0, { what: 'a picture (GIF)', advice: PICTURE }],
  ['II*\0', 0, { what: 'a picture (TIFF)', advice: PICTURE }],
  ['MM\0*', 0, { what: 'a picture (TIFF)', advice: PICTURE }],
  ['ftypheic', 4, { what: 'a picture (HEIC)', advice: PICTURE }],
  ['ftypavif', 4, { what: 'a picture (AVIF)', advice: PICTURE }],
  ['8BPS', 0, { what: 'a picture (Photoshop)', advice: PICTURE }],
  ['\0\0\x01\0', 0, { what: 'a picture (icon)', advice: PICTURE }],
  ['ID3', 0, sound('a sound file (MP3)', 'mp3', 'audio/mpeg')],
  ...['\xff\xfb', '\xff\xfa', '\xff\xf3', '\xff\xf2'].map((bytes): Signature => {
    return [bytes, 0, sound('a sound file (MP3)', 'mp3', 'audio/mpeg')];
  }),
  ['OggS', 0, sound('a sound or video file (Ogg)', 'ogg', 'audio/ogg')],
  ['fLaC', 0, sound('a sound file (FLAC)', 'flac', 'audio/flac')],
  ['WAVE', 8, sound('a sound file (WAV)', 'wav', 'audio/wav')],
  ['ftypM4A', 4, sound('a sound file (M4A)', 'm4a', 'audio/mp4')],
  ['ftypM4B', 4, sound('a sound file (M4B)', 'm4a', 'audio/mp4')],
  ['ftypqt', 4, sound('a video (MOV)', 'mov', 'video/quicktime')],
  ['ftyp', 4, sound('a video (MP4)', 'mp4', 'video/mp4')],
  ['AVI ', 8, sound('a video (AVI)', 'avi', 'video/x-msvideo')],
  ['\x1aE\xdf\xa3', 0, sound('a video (Matroska or WebM)', 'webm', 'video/webm')],
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

/** First bytes of pictures in which text is recognised, and their types. */
const READABLE_PICTURES: readonly [bytes: string, at: number, contentType: string][] = [
  ['\x89PNG\r\n', 0, 'image/png'],
  ['\xff\xd8\xff', 0, 'image/jpeg'],
  ['WEBPVP8', 8, 'image/webp'],
];

/** The type of a picture in which text can be recognised; undefined if it is none. */
export function pictureTypeOf(head: Uint8Array): string | undefined {
  const start = Buffer.from(head.subarray(0, 16)).toString('latin1');
  return READABLE_PICTURES.find(([bytes, at]) => start.startsWith(bytes, at))?.[2];
}

const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32);

/** The format of a file, if its first bytes show that it has no readable text. */
export function foreignKind(head: Uint8Array): ForeignKind | undefined {
  // A note about `ID3` may begin with it, but all these formats have control characters.
  if (!head.some(isControl)) return undefined;
  const start = Buffer.from(head.subarray(0, 300)).toString('latin1');
  return SIGNATURES.find(([bytes, at]) => start.startsWith(bytes, at))?.[2];
}
