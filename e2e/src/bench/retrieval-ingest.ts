import type { RunningSystem } from '@perennial/launcher';
import { plainText } from '@perennial/testing/documents';
import { Client } from 'pg';
import { Ingestions } from '../retrieval/ingestions';
import type { Library } from '../retrieval/library';
import { http } from '../support/http';
import { Watch } from './retrieval-watch';

export const EMBEDDING_MODEL = 'sim-embed-text5';
/** The batch size of the services, and of the reference requests. */
export const BATCH = 64;
export const AT_A_TIME = 4;
const MIB = 2 ** 20;
const SHORT = 5_000;
const RULER = 2 * MIB;
const LIMIT_MS = 900_000;

interface EmbeddingStats {
  embed_calls: number;
  embed_texts: number;
}

/** A text from the first byte of its upload until searches find it. */
interface Ingestion {
  fileId: string;
  chunks: number;
  seconds: number;
  calls: number;
  texts: number;
}

/** Ingests texts through a running system whose embedder is the simulator at `simulatorUrl`. */
export class IngestionBench {
  private constructor(
    private readonly system: RunningSystem,
    private readonly library: Library,
    private readonly base: string,
    private readonly simulatorUrl: string,
    private readonly ingestions: Ingestions,
  ) {}

  static async open(system: RunningSystem, library: Library, simulatorUrl: string): Promise<IngestionBench> {
    const base = await library.createBase('Bench');
    return new IngestionBench(system, library, base, simulatorUrl, new Ingestions(system.postgresUrl));
  }

  close(): Promise<void> {
    return this.ingestions.close();
  }

  /** 2 MB of plain text into a base, after a short one: its cost, and the services' response times meanwhile. */
  async ruler(): Promise<object> {
    await this.ingest('short.txt', textOf(SHORT, 1));
    // Created before, so that this process is not the slow one.
    const text = textOf(RULER, 2);
    const watches = await Promise.all(['retrieval', 'gateway'].map((service) => Watch.start(this.system, service)));
    const { seconds, calls, chunks, texts } = await this.ingest('ruler.txt', text);
    const [retrieval, gateway] = await Promise.all(watches.map((watch) => watch.stop()));
    return {
      ...{ seconds: round(seconds), embedding_calls: calls, chunks, texts_embedded: texts },
      retrieval_rss_growth_mb: retrieval?.growthMb,
      slowest_health_ms: { retrieval: retrieval?.slowestHealthMs, gateway: gateway?.slowestHealthMs },
    };
  }

  /**
   * The time of the embedder alone for the chunks of a text of this length, divided by the time of its whole ingestion.
   */
  async ratio(megabytes: number): Promise<{ ratio: number; ingestion_s: number; alone_s: number; chunks: number }> {
    const { fileId, seconds, chunks } = await this.ingest('large.txt', textOf(megabytes * MIB, 3));
    const alone = await this.alone(await this.textsOf(fileId));
    return { ratio: round(alone / seconds, 2), ingestion_s: round(seconds), alone_s: round(alone), chunks };
  }

  private async ingest(name: string, bytes: Buffer): Promise<Ingestion> {
    const before = await this.stats();
    const from = performance.now();
    const fileId = await this.library.upload({ name, type: 'text/plain', bytes }, this.base);
    await this.ingestions.reached(fileId, [], LIMIT_MS);
    const seconds = (performance.now() - from) / 1_000;
    await this.library.completed(fileId);
    const after = await this.stats();
    return {
      fileId,
      seconds,
      chunks: (await this.ingestions.chunksOf(fileId)).length,
      calls: after.embed_calls - before.embed_calls,
      texts: after.embed_texts - before.embed_texts,
    };
  }

  private async textsOf(fileId: string): Promise<string[]> {
    const client = new Client({ connectionString: this.system.postgresUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ text: string }>(
        'SELECT text FROM retrieval.chunks WHERE file_id = $1 ORDER BY ordinal',
        [fileId],
      );
      return rows.map(({ text }) => text);
    } finally {
      await client.end();
    }
  }

  /** @returns seconds */
  private async alone(texts: readonly string[]): Promise<number> {
    let next = 0;
    const worker = async () => {
      while (next < texts.length) {
        const input = texts.slice(next, (next += BATCH));
        const body = { model: EMBEDDING_MODEL, input, encoding_format: 'base64' };
        const reply = await http<{ data: unknown[] }>('POST', `${this.simulatorUrl}/v1/embeddings`, { body });
        if (reply.status !== 200 || reply.body.data.length !== input.length)
          throw new Error(`the simulator answered ${reply.status} to ${input.length} texts`);
      }
    };
    const from = performance.now();
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    return (performance.now() - from) / 1_000;
  }

  private async stats(): Promise<EmbeddingStats> {
    return (await http<EmbeddingStats>('GET', `${this.simulatorUrl}/sim/stats`)).body;
  }
}

const textOf = (length: number, seed: number): Buffer => Buffer.from(plainText(length, seed));
const round = (value: number, digits = 1) => Number(value.toFixed(digits));
