import type { ExtractionRequest, ExtractionSource, ExtractionSummary, Extractor } from '../src/extraction/extraction';
import { type Chunk, DEFAULT_SPLIT } from '../src/splitting/chunk';
import { textOfChunks } from '../src/splitting/splitter';

/** All that an extraction gave. */
export interface ReadDocument {
  chunks: Chunk[];
  text: string;
  summary: ExtractionSummary;
  progress: { done: number; total: number }[];
}

/** Reads a document to its end; with the reference's chunks unless the request says otherwise. */
export async function read(
  extractor: Extractor,
  source: ExtractionSource,
  request: Partial<ExtractionRequest> & { name: string },
): Promise<ReadDocument> {
  const chunks: Chunk[] = [];
  const progress: ReadDocument['progress'] = [];
  for await (const event of extractor.extract(source, { split: DEFAULT_SPLIT, ...request })) {
    if (event.kind === 'chunks') chunks.push(...event.chunks);
    else if (event.kind === 'progress') progress.push({ done: event.done, total: event.total });
    else return { chunks, text: textOfChunks(chunks), summary: event.summary, progress };
  }
  throw new Error('The extraction ended without its summary');
}
