import './diagrams.css';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Drawn } from '../sandbox/protocol';
import { Dialog } from '../ui/dialog';
import type { Drawing } from './diagram-frame';
import { td } from './messages';
import { pngFile, save, svgFile } from './save';
import { shownGround, useDrawing } from './use-drawing';

const STEP = 1.25;
const [SMALLEST, LARGEST] = [0.1, 8];

/** A diagram as a picture; its source while it is drawn, if it cannot be, and when it is asked for. */
export default function Diagram({ source, code }: { source: string; code: ReactNode }) {
  const [drawing, again] = useDrawing(source);
  if (drawing === undefined) return code;
  if (drawing.kind === 'drawn') return <Picture drawn={drawing} code={code} />;
  return (
    <>
      {code}
      <p className="diagram-problem" role="status">
        {problemOf(drawing)}{' '}
        {drawing.kind === 'stopped' && (
          <button
            type="button"
            className="button button-quiet button-small"
            aria-disabled={again === undefined}
            onClick={again}
          >
            {td('diagram.again')}
          </button>
        )}
      </p>
    </>
  );
}

function problemOf(drawing: Exclude<Drawing, { kind: 'drawn' }>): string {
  if (drawing.kind === 'failed') return td('diagram.failed', { reason: drawing.reason });
  return drawing.kind === 'stopped' ? td('diagram.stopped') : td('diagram.tooLong');
}

function Picture({ drawn, code }: { drawn: Drawn; code: ReactNode }) {
  const [showsSource, setShowsSource] = useState(false);
  const [isWhole, setIsWhole] = useState(false);
  const [problem, setProblem] = useState<string>();
  const title = drawn.title === '' ? drawn.type.replace(/-v\d+$/, '') : drawn.title;
  const name = td('diagram.of', { title });
  const savePng = () =>
    void pngFile(drawn, shownGround()).then(
      (file) => save(file, 'diagram.png'),
      () => setProblem(td('diagram.noPng')),
    );
  return (
    <figure className="diagram" aria-label={name}>
      <div className="diagram-head" data-not-copied>
        <button type="button" aria-expanded={showsSource} onClick={() => setShowsSource(!showsSource)}>
          {td('diagram.source')}
        </button>
        <button type="button" onClick={() => save(svgFile(drawn), 'diagram.svg')}>
          {td('diagram.svg')}
        </button>
        <button type="button" onClick={savePng}>
          {td('diagram.png')}
        </button>
        <button type="button" onClick={() => setIsWhole(true)}>
          {td('diagram.whole')}
        </button>
      </div>
      <Zoomed drawn={drawn} name={name} />
      {problem !== undefined && <p role="status">{problem}</p>}
      {/* Always there, because it is what is copied with the answer. */}
      <div hidden={!showsSource}>{code}</div>
      {isWhole && (
        <Dialog title={name} className="whole-diagram" onClose={() => setIsWhole(false)}>
          <Zoomed drawn={drawn} name={name} />
        </Dialog>
      )}
    </figure>
  );
}

/** The picture in its frame, as wide as there is room until somebody zooms. */
function Zoomed({ drawn, name }: { drawn: Drawn; name: string }) {
  const { width, height, description } = drawn;
  const [zoom, setZoom] = useState<number>();
  const address = useAddress(drawn);
  const step = (factor: number) => setZoom(Math.min(LARGEST, Math.max(SMALLEST, (zoom ?? 1) * factor)));
  return (
    <>
      {/* It scrolls, so it must be reachable by keyboard. */}
      <div className="diagram-view" data-fits={zoom === undefined} tabIndex={0} data-not-copied>
        {address !== undefined && (
          <img
            src={address}
            alt={description === '' ? name : description}
            width={Math.round(width * (zoom ?? 1))}
            height={Math.round(height * (zoom ?? 1))}
            draggable={false}
          />
        )}
      </div>
      <div className="diagram-zoom" data-not-copied>
        <button type="button" aria-label={td('diagram.smaller')} onClick={() => step(1 / STEP)}>
          −
        </button>
        <button type="button" aria-disabled={zoom === undefined} onClick={() => setZoom(undefined)}>
          {zoom === undefined ? td('diagram.fit') : td('diagram.zoomed', { percent: Math.round(zoom * 100) })}
        </button>
        <button type="button" aria-label={td('diagram.larger')} onClick={() => step(STEP)}>
          +
        </button>
      </div>
    </>
  );
}

/** As a picture nothing in it runs or loads anything, whatever it is. */
function useAddress(drawn: Drawn): string | undefined {
  const file = useMemo(() => svgFile(drawn), [drawn]);
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address;
}

export { textsLoaded } from './messages';
