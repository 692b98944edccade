/** Whose disk holds the vectors. */
export interface StoreHost {
  /** The machine's name. */
  host: string;
  /** A UUID that lies in the data directory. */
  directory: string;
}

/** The registration that is there. */
export interface Registration extends StoreHost {
  /** Seconds since a process of that machine last said that it lives. */
  silentS: number;
}

/** After this long without a word a machine is taken for gone. */
export const SILENT_S = 20;

/**
 * Whether the registration may become ours. The directory is what counts: whoever has it has the vectors. A machine that is alive is never
 * replaced; a directory that is lost may only be replaced on its own machine (its indexes are filled again), because elsewhere it is far
 * more likely that a second machine was started by mistake.
 */
export function mayClaim(known: Registration, own: StoreHost): boolean {
  const sameHost = known.host === own.host;
  if (known.directory === own.directory) return sameHost || known.silentS >= SILENT_S;
  return sameHost && known.silentS >= SILENT_S;
}

/** Why not, and what to do, for whoever reads the log of a start that failed. */
export function refusal(known: Registration, own: StoreHost): string {
  const seen = `seen ${Math.round(known.silentS)} s ago`;
  const gone =
    known.silentS < SILENT_S
      ? ''
      : ' If that machine is gone for good, remove its registration with DELETE FROM retrieval.embedded_store, and start again:' +
        ' all documents are indexed anew from the database.';
  return (
    `The vectors of the documents are on the disk of another machine or in another data directory: host "${known.host}" (${seen}); this is "${own.host}".` +
    ' The embedded vector store (VECTOR_DB=lancedb) works on one machine only. Run all retrieval processes there with the same DATA_DIR,' +
    ` or choose VECTOR_DB=qdrant or VECTOR_DB=pgvector for several machines.${gone}`
  );
}
