import { memo, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { chunksOf } from '../colour/chunks';
import { CodeColours } from '../colour/code-colours';
import { KINDS, type Runs } from '../colour/colours';
import { LANGUAGES } from '../colour/languages';
import { COLOURER } from '../colour/worker-colourer';
import { useNear } from './near';
import { useUnselected } from './unselected';

interface CodeChunksProps {
  text: string;
  language: string | undefined;
  /** Nothing is added to it any more. */
  isFinal: boolean;
}

/** The text of a block of code, to the letter, with the colours of its language when it is near the view. */
export function CodeChunks({ text, language, isFinal }: CodeChunksProps): ReactNode {
  const name = language?.toLowerCase();
  return name !== undefined && LANGUAGES.has(name) ? (
    <ColouredChunks key={name} text={text} language={name} isFinal={isFinal} />
  ) : (
    chunksOf(text).map((chunk, at) => <Chunk key={at} text={chunk} runs={NO_RUNS} />)
  );
}

const NO_RUNS: Runs = new Uint32Array();

function ColouredChunks({ text, language, isFinal }: CodeChunksProps & { language: string }): ReactNode {
  const [colours] = useState(() => new CodeColours(COLOURER, language).begin(text));
  const runs = useSyncExternalStore(colours.subscribe, colours.shown, colours.shown);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (isNear) colours.grow(text, isFinal);
  }, [colours, text, isFinal, isNear]);
  useEffect(() => () => colours.leave(), [colours]);
  return chunksOf(text).map((chunk, at) => (
    <Chunk key={at} text={chunk} runs={runs[at] ?? NO_RUNS} onNear={setIsNear} />
  ));
}

interface ChunkProps {
  text: string;
  runs: Runs;
  /** It came near the view, where colours are seen. */
  onNear?: (isNear: true) => void;
}

const Chunk = memo(function Chunk({ text, runs, onNear }: ChunkProps): ReactNode {
  const chunk = useRef<HTMLSpanElement>(null);
  const isNear = useNear(chunk, onNear);
  const shown = useUnselected(isNear ? runs : NO_RUNS, chunk);
  return <span ref={chunk}>{shown.length === 0 ? text : pieces(text, shown)}</span>;
});

/** All of the text, whatever the runs are. */
function pieces(text: string, runs: Runs): ReactNode[] {
  const shown: ReactNode[] = [];
  let at = 0;
  for (let run = 0; run < runs.length; run += 3) {
    const [start, end] = [Math.max(at, runs[run]!), runs[run + 1]!];
    if (start > at) shown.push(text.slice(at, start));
    shown.push(
      <span key={start} className={`code-${KINDS[runs[run + 2]!]}`}>
        {text.slice(start, end)}
      </span>,
    );
    at = Math.max(start, end);
  }
  shown.push(text.slice(at));
  return shown;
}
