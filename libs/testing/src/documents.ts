/**
 * Documents made from text that a test knows. They have an entry point of their own because their libraries take a second to load.
 */
export * from './documents/facts';
export * from './documents/judge';
export * from './documents/judged';
export * from './documents/office';
export * from './documents/pdf';
export * from './documents/zip';
