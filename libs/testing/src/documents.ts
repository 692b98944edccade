/** Documents made from text that a test knows: apart from the servers, because their libraries take a second to load. */
export * from './documents/facts';
export * from './documents/office';
export * from './documents/pdf';
export * from './documents/zip';
