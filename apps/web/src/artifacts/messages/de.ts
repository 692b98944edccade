import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Seite neben dem Chat',
  'artifact.svg': 'Bild neben dem Chat',
  'artifact.frame': 'Vorschau der Seite',
  'artifact.frameSvg': 'Vorschau des Bildes',
  'artifact.preview': 'Vorschau',
  'artifact.source': 'Quelltext',
  'artifact.show': 'Was gezeigt wird',
  'artifact.save': 'Herunterladen',
  'artifact.version': 'Fassung {place} von {all}',
  'artifact.previous': 'Vorige Fassung',
  'artifact.next': 'Nächste Fassung',
  'artifact.refused':
    'Sie wollte etwas laden oder woandershin. Das ist hier nicht erlaubt: Sie ist von jedem Netz getrennt.',
  'artifact.stopped': 'Zehn Sekunden lang kam kein Lebenszeichen; die Vorschau wurde angehalten.',
  'artifact.flooded': 'Sie schickte so viele Nachrichten, dass nichts anderes mehr ginge, und wurde angehalten.',
  'artifact.notLoaded': 'Die Vorschau ließ sich nicht laden.',
  'artifact.tooLong': 'Für eine Vorschau ist das zu lang.',
  'artifact.again': 'Neu starten',
} satisfies Translation<typeof en>;
