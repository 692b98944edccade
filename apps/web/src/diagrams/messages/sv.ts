import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagram',
  'diagram.of': 'Diagram: {title}',
  'diagram.source': 'Källkod',
  'diagram.smaller': 'Zooma ut',
  'diagram.larger': 'Zooma in',
  'diagram.fit': 'Anpassa',
  'diagram.zoomed': '{percent}\u00a0%',
  'diagram.whole': 'Hel vy',
  'diagram.svg': 'Spara som SVG',
  'diagram.png': 'Spara som PNG',
  'diagram.noPng': 'Webbläsaren kan inte göra en PNG av det. Spara det som SVG.',
  'diagram.failed': 'Diagrammet kan inte ritas: {reason}',
  'diagram.stopped': 'Diagrammet tog för lång tid att rita och stoppades.',
  'diagram.tooLong': 'Diagrammet är för långt för att ritas.',
  'diagram.again': 'Försök igen',
} satisfies Partial<Translation<typeof en>>;
