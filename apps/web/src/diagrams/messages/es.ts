import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagrama',
  'diagram.of': 'Diagrama: {title}',
  'diagram.source': 'Código fuente',
  'diagram.smaller': 'Alejar',
  'diagram.larger': 'Acercar',
  'diagram.fit': 'Ajustar',
  'diagram.zoomed': '{percent}\u00a0%',
  'diagram.whole': 'Vista completa',
  'diagram.svg': 'Guardar como SVG',
  'diagram.png': 'Guardar como PNG',
  'diagram.noPng': 'Este navegador no puede convertirlo en PNG. Guárdalo como SVG.',
  'diagram.failed': 'No se puede dibujar el diagrama: {reason}',
  'diagram.stopped': 'El diagrama tardó demasiado en dibujarse y se detuvo.',
  'diagram.tooLong': 'El diagrama es demasiado largo para dibujarlo.',
  'diagram.again': 'Reintentar',
} satisfies Partial<Translation<typeof en>>;
