import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagramme',
  'diagram.of': 'Diagramme\u202f: {title}',
  'diagram.source': 'Code source',
  'diagram.smaller': 'Zoom arrière',
  'diagram.larger': 'Zoom avant',
  'diagram.fit': 'Ajuster',
  'diagram.zoomed': '{percent}\u202f%',
  'diagram.whole': 'Vue complète',
  'diagram.svg': 'Enregistrer en SVG',
  'diagram.png': 'Enregistrer en PNG',
  'diagram.noPng': 'Ce navigateur ne peut pas en faire un PNG. Enregistrez-le en SVG.',
  'diagram.failed': 'Le diagramme ne peut pas être dessiné\u202f: {reason}',
  'diagram.stopped': 'Le dessin du diagramme a pris trop de temps et a été arrêté.',
  'diagram.tooLong': 'Le diagramme est trop long pour être dessiné.',
  'diagram.again': 'Réessayer',
} satisfies Partial<Translation<typeof en>>;
