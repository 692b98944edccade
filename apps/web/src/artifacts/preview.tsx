import { type ReactNode, useRef, useState } from 'react';
import { MOST_ARTIFACT } from '../sandbox/artifact-protocol';
import type { Artifact } from './artifact';
import { ta } from './messages';
import { useFrame } from './use-frame';

interface PreviewProps {
  artifact: Artifact;
  /** Escape was pressed in it. */
  onLeave: () => void;
}

/** Runs an artifact where it reaches nothing. */
export function Preview({ artifact, onLeave }: PreviewProps): ReactNode {
  const [attempt, setAttempt] = useState(0);
  if (artifact.source.length > MOST_ARTIFACT) return <p className="beside-note">{ta('artifact.tooLong')}</p>;
  return <Frame key={attempt} artifact={artifact} onLeave={onLeave} onAgain={() => setAttempt(attempt + 1)} />;
}

function Frame({ artifact, onLeave, onAgain }: PreviewProps & { onAgain: () => void }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const { state, refused } = useFrame(frame, artifact, onLeave);
  if (state !== 'loading' && state !== 'running') {
    return (
      <div className="beside-note" role="alert">
        <p>{ta(`artifact.${state}`)}</p>
        <button type="button" className="button button-quiet button-small" onClick={onAgain}>
          {ta('artifact.again')}
        </button>
      </div>
    );
  }
  return (
    <>
      {refused && (
        <p className="beside-note" role="status">
          {ta('artifact.refused')}
        </p>
      )}
      <iframe
        ref={frame}
        className="beside-frame"
        title={ta(artifact.language === 'html' ? 'artifact.frame' : 'artifact.frameSvg')}
        sandbox="allow-scripts"
        src="/sandbox/artifact.html"
      />
    </>
  );
}
