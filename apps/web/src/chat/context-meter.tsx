import { t } from '../messages';
import { numberText } from '../messages/formats';
import type { ContextFill } from './context-fill';

/** Of the ring, in units of its picture. */
const RADIUS = 7;
const AROUND = 2 * Math.PI * RADIUS;

/** How full the context is, as a quiet ring; its words are shown on hover and focus. */
export function ContextMeter({ fill }: { fill: ContextFill }) {
  const { percent, warns } = fill;
  const words = t('context.fill', {
    percent: numberText(percent),
    used: numberText(fill.used),
    most: numberText(fill.most),
  });
  return (
    <span
      role="meter"
      tabIndex={0}
      className="context-meter"
      data-warns={warns}
      aria-label={t('context')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={words}
    >
      <svg aria-hidden="true" viewBox="0 0 18 18" width={18} height={18} fill="none" strokeWidth={2.5}>
        <circle className="context-all" cx={9} cy={9} r={RADIUS} />
        <circle
          className="context-used"
          cx={9}
          cy={9}
          r={RADIUS}
          strokeDasharray={`${(AROUND * percent) / 100} ${AROUND}`}
          transform="rotate(-90 9 9)"
        />
      </svg>
      <span className="context-words" aria-hidden="true">
        {words}
      </span>
    </span>
  );
}

/** Says it in words when there is little room left. */
export function ContextWarning({ fill: { percent, warns } }: { fill: ContextFill }) {
  if (!warns) return null;
  return (
    <p className="context-warning" role="status">
      {t('context.warning', { percent: numberText(percent) })}
    </p>
  );
}
