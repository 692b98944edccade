import { type DragEvent, type ReactNode, useRef, useState } from 'react';

interface DropZoneProps {
  className?: string;
  /** The effect of a drop, shown while files are held over it. */
  hint: string;
  onFiles: (files: File[]) => void;
  children: ReactNode;
}

/** A part of the page onto which files can be dropped; a button beside it does the same without dragging. */
export function DropZone({ className = '', hint, onFiles, children }: DropZoneProps) {
  const [over, setOver] = useState(false);
  // Entering a child leaves its parent, so enter and leave events are counted.
  const depth = useRef(0);

  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  const move = (by: number) => (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  };

  return (
    <div
      className={`drop-zone ${className}`}
      onDragEnter={move(1)}
      onDragOver={move(0)}
      onDragLeave={move(-1)}
      onDrop={drop}
    >
      {children}
      {over && (
        <p className="drop-hint" aria-hidden="true">
          {hint}
        </p>
      )}
    </div>
  );
}
