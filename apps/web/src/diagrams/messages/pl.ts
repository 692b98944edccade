import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagram',
  'diagram.of': 'Diagram: {title}',
  'diagram.source': 'Kod źródłowy',
  'diagram.smaller': 'Pomniejsz',
  'diagram.larger': 'Powiększ',
  'diagram.fit': 'Dopasuj',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Pełny widok',
  'diagram.svg': 'Zapisz jako SVG',
  'diagram.png': 'Zapisz jako PNG',
  'diagram.noPng': 'Ta przeglądarka nie może zrobić z tego pliku PNG. Zapisz jako SVG.',
  'diagram.failed': 'Nie można narysować diagramu: {reason}',
  'diagram.stopped': 'Rysowanie diagramu trwało zbyt długo i zostało zatrzymane.',
  'diagram.tooLong': 'Diagram jest za długi, aby go narysować.',
  'diagram.again': 'Spróbuj ponownie',
} satisfies Partial<Translation<typeof en>>;
