import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagramma',
  'diagram.of': 'Diagramma: {title}',
  'diagram.source': 'Codice sorgente',
  'diagram.smaller': 'Riduci',
  'diagram.larger': 'Ingrandisci',
  'diagram.fit': 'Adatta',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Vista completa',
  'diagram.svg': 'Salva come SVG',
  'diagram.png': 'Salva come PNG',
  'diagram.noPng': 'Questo browser non può farne un PNG. Salvalo come SVG.',
  'diagram.failed': 'Il diagramma non può essere disegnato: {reason}',
  'diagram.stopped': 'Il disegno del diagramma ha richiesto troppo tempo ed è stato interrotto.',
  'diagram.tooLong': 'Il diagramma è troppo lungo per essere disegnato.',
  'diagram.again': 'Riprova',
} satisfies Partial<Translation<typeof en>>;
