/** The machine with the embedded vectors. */
export interface StoreHost {
  /** The machine's name. */
  host: string;
  /** The UUID in the data directory. */
  directory: string;
}

/** The stored registration. */
export interface Registration extends StoreHost {
  /** Seconds since the last heartbeat of that machine. */
  silentS: number;
}

/** A machine that is silent for this long counts as gone. */
export const SILENT_S = 20;

/**
 * Whether this machine may register. The directory decides: its owner has the vectors. A living machine is never replaced; a lost
 * directory may only be replaced on its own machine (its indexes are filled again), because on another one a second machine was more likely
 * started by mistake.
 */
export function mayClaim(known: Registration, own: StoreHost): boolean {
  const sameHost = known.host === own.host;
  if (known.directory === own.directory) return sameHost || known.silentS >= SILENT_S;
  return sameHost && known.silentS >= SILENT_S;
}

/** Error text of a refused start, with advice for the operator. */
export function refusal(known: Registration, own: StoreHost): string {
  const seen = `seen ${Math.round(known.silentS)} s ago`;
  const gone =
    known.silentS < SILENT_S
      ? ''
      : ' If that machine is gone for good, remove its registration with DELETE FROM retrieval.embedded_store, and start again:' +
        ' all documents are indexed again from the database.';
  return (
    `The vectors of the documents are on the disk of another machine or in another data directory: host "${known.host}" (${seen}); this is "${own.host}".` +
    ' The embedded vector store (VECTOR_DB=lancedb) works on one machine only. Run all retrieval processes there with the same DATA_DIR,' +
    ` or choose another store for several machines, such as VECTOR_DB=qdrant or VECTOR_DB=pgvector.${gone}`
  );
}
