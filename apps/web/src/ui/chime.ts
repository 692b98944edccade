/** Two soft notes, one after the other: hertz, and seconds after the first. */
const NOTES = [
  { pitch: 659.26, after: 0 },
  { pitch: 880, after: 0.15 },
] as const;
/** Of 1. */
const LOUDNESS = 0.08;
/** Seconds in which a note rises and fades. */
const [RISES, FADES] = [0.02, 0.6];

/** A short sound, made here: no file is loaded for it. Browsers let no page sound that nobody has touched. */
export function chime(): void {
  if (!('AudioContext' in window) || !('userActivation' in navigator) || !navigator.userActivation.hasBeenActive)
    return;
  const context = new AudioContext();
  const begins = context.currentTime + RISES;
  const notes = NOTES.map(({ pitch, after }) => {
    const [note, volume] = [context.createOscillator(), context.createGain()];
    const start = begins + after;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + RISES);
    volume.gain.exponentialRampToValueAtTime(LOUDNESS / 1_000, start + FADES);
    note.connect(volume).connect(context.destination);
    note.start(start);
    note.stop(start + FADES);
    return note;
  });
  // It holds the loudspeaker until it is closed.
  notes.at(-1)?.addEventListener('ended', () => void context.close());
}
