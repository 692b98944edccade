import { type ReactNode, useRef } from 'react';

interface FileButtonProps {
  className: string;
  /** For a button that only shows a picture. */
  label?: string;
  /** Types of files, as a browser has them. */
  accept?: string;
  single?: boolean;
  onFiles: (files: File[]) => void;
  children: ReactNode;
}

/** Opens the system's file picker. */
export function FileButton({ className, label, accept, single = false, onFiles, children }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className={className}
        aria-label={label}
        title={label}
        onClick={() => input.current?.click()}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple={!single}
        accept={accept}
        hidden
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // Otherwise the same file could not be chosen twice in a row.
          target.value = '';
        }}
      />
    </>
  );
}
