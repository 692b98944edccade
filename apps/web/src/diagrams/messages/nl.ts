import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagram',
  'diagram.of': 'Diagram: {title}',
  'diagram.source': 'Broncode',
  'diagram.smaller': 'Uitzoomen',
  'diagram.larger': 'Inzoomen',
  'diagram.fit': 'Passend maken',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Volledige weergave',
  'diagram.svg': 'Opslaan als SVG',
  'diagram.png': 'Opslaan als PNG',
  'diagram.noPng': 'Deze browser kan er geen PNG van maken. Sla het op als SVG.',
  'diagram.failed': 'Het diagram kan niet worden getekend: {reason}',
  'diagram.stopped': 'Het tekenen van het diagram duurde te lang en is gestopt.',
  'diagram.tooLong': 'Het diagram is te lang om te tekenen.',
  'diagram.again': 'Opnieuw proberen',
} satisfies Partial<Translation<typeof en>>;
