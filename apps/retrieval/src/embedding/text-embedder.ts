import { batchesOf, type HashedText } from './batches';
import { EmbeddingError } from './embedding-error';
import type { TextLimits } from './learned-limits';
import { cutInto, meanVector } from './pieces';

/** Any embedder can embed this text. */
const KNOWN_GOOD = 'The harbour opens at nine in the morning.';
/** A text is not cut into smaller pieces than this many bytes. */
const SMALLEST_PIECE = 64;

/** Interface to one connection. */
export interface EmbedderConnection {
  /**
   * One request.
   *
   * @param share of a usual request's size; undefined for a first try, which may use the full time-out and retries
   * @throws EmbeddingError
   */
  ask(texts: readonly string[], share?: number): Promise<Float32Array[]>;
  limits(): TextLimits;
  learn(seen: Partial<TextLimits>): void;
}

/**
 * Embeds texts with an embedder of unknown limits, and finds the cause of a failure. A failed request is halved until it is accepted or one
 * text is left: a request that is too large succeeds in smaller ones, a text that is too long in pieces, and a text on which the embedder
 * fails is found, as long as the embedder accepts a known good text.
 */
export class TextEmbedder {
  constructor(
    private readonly connection: EmbedderConnection,
    /** Called with each embedded part of the texts, before the next is requested. */
    private readonly keep: (texts: readonly HashedText[], vectors: readonly Float32Array[]) => Promise<void>,
  ) {}

  /** @throws EmbeddingError with the fault `text` and its hash when one text is the cause; earlier results are kept */
  async embed(batch: readonly HashedText[]): Promise<void> {
    for (const part of this.fitting(batch)) await this.embedPart(part);
  }

  private fitting(batch: readonly HashedText[]): HashedText[][] {
    return batchesOf(batch, Math.min(batch.length, this.connection.limits().texts));
  }

  /** @returns whether all of it was accepted without cutting a text */
  private async embedPart(batch: readonly HashedText[], share?: number): Promise<boolean> {
    const failure = await this.accepted(batch, share);
    if (failure === undefined) return true;
    if (share === undefined && !(await this.answersOthers())) throw failure.ofAll();
    const [only] = batch;
    if (batch.length === 1 && only) {
      await this.embedAlone(only, failure);
      return false;
    }
    const middle = Math.ceil(batch.length / 2);
    let whole = true;
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      for (const part of this.fitting(half))
        whole = (await this.embedPart(part, ((share ?? 1) * part.length) / batch.length)) && whole;
    }
    // A temporary failure says nothing about the size; a refusal or a time-out does.
    if (whole && (failure.refusal || failure.tooLong)) this.connection.learn({ texts: middle });
    return whole;
  }

  private async accepted(batch: readonly HashedText[], share?: number): Promise<EmbeddingError | undefined> {
    let vectors;
    try {
      vectors = await this.vectors(batch, this.connection.limits().textBytes, share);
    } catch (error) {
      return doubtful(error);
    }
    await this.keep(batch, vectors);
    return undefined;
  }

  /** A single text that was refused: too long, or the cause of the failure. */
  private async embedAlone(text: HashedText, failure: EmbeddingError): Promise<void> {
    const refused = Math.min(Buffer.byteLength(text.text), this.connection.limits().textBytes);
    let bytes = refused;
    while (failure.tooLong && bytes > SMALLEST_PIECE) {
      bytes = Math.ceil(bytes / 2);
      try {
        await this.keep([text], await this.vectors([text], bytes, 1));
        return await this.learnBytes(refused, bytes);
      } catch (error) {
        failure = doubtful(error);
      }
    }
    throw (await this.answersOthers()) ? failure.ofText(text.hash) : failure.ofAll();
  }

  /**
   * Text of symbols has more tokens than prose of its size. A limit that only such a text needs would cut all users' texts, so it is not
   * learned.
   */
  private async learnBytes(refused: number, accepted: number): Promise<void> {
    let bytes = refused;
    while (bytes > accepted && (await this.refusesProse(bytes))) bytes = Math.ceil(bytes / 2);
    if (bytes < refused) this.connection.learn({ textBytes: bytes });
  }

  private async refusesProse(bytes: number): Promise<boolean> {
    try {
      await this.connection.ask([KNOWN_GOOD.padEnd(bytes, ` ${KNOWN_GOOD}`).slice(0, bytes)], 1);
      return false;
    } catch (error) {
      if (error instanceof EmbeddingError) return error.tooLong;
      throw error;
    }
  }

  /** One vector a text; for a text in pieces the mean of theirs. */
  private async vectors(batch: readonly HashedText[], textBytes: number, share?: number): Promise<Float32Array[]> {
    const pieces = batch.map(({ text }) => cutInto(text, textBytes));
    const all = pieces.flat();
    const vectors: Float32Array[] = [];
    const size = Math.min(all.length, this.connection.limits().texts);
    for (let from = 0; from < all.length; from += size)
      vectors.push(...(await this.connection.ask(all.slice(from, from + size), share)));
    let next = 0;
    return pieces.map((ofText) => {
      const own = vectors.slice(next, (next += ofText.length));
      return meanVector(
        own,
        ofText.map(({ length }) => length),
      );
    });
  }

  private async answersOthers(): Promise<boolean> {
    try {
      await this.connection.ask([KNOWN_GOOD], 0);
      return true;
    } catch (error) {
      if (error instanceof EmbeddingError) return false;
      throw error;
    }
  }
}

/** @throws the error, when the texts cannot be its cause */
function doubtful(error: unknown): EmbeddingError {
  if (error instanceof EmbeddingError && error.mayBeText) return error;
  throw error;
}
