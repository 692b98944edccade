/** What the thread that recognises text is started with. */
export interface RecognitionSetup {
  /** Tesseract compiled to WebAssembly: its program, and its code. */
  program: string;
  code: string;
  languages: readonly { name: string; path: string }[];
}

/** A picture as a file: PGM, PNG, JPEG or WebP. One at a time. */
export interface ToRecognition {
  picture: Uint8Array;
}

export type FromRecognition =
  | { kind: 'ready' }
  /** Empty if there is no text that can be read. */
  | { kind: 'text'; text: string }
  | { kind: 'failed' };
