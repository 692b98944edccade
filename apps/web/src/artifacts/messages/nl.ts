import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Pagina naast de chat',
  'artifact.svg': 'Afbeelding naast de chat',
  'artifact.frame': 'Voorbeeld van de pagina',
  'artifact.frameSvg': 'Voorbeeld van de afbeelding',
  'artifact.preview': 'Voorbeeld',
  'artifact.source': 'Broncode',
  'artifact.show': 'Wat wordt getoond',
  'artifact.save': 'Downloaden',
  'artifact.version': 'Versie {place} van {all}',
  'artifact.previous': 'Vorige versie',
  'artifact.next': 'Volgende versie',
  'artifact.refused':
    'De pagina wilde iets laden of ergens anders naartoe. Dat is hier niet toegestaan: er is geen toegang tot een netwerk.',
  'artifact.stopped': 'Het voorbeeld gaf tien seconden geen teken van leven en is gestopt.',
  'artifact.flooded': 'Het voorbeeld stuurde zoveel berichten dat niets anders meer zou werken, en is gestopt.',
  'artifact.notLoaded': 'Het voorbeeld kon niet worden geladen.',
  'artifact.tooLong': 'Dit is te lang voor een voorbeeld.',
  'artifact.again': 'Opnieuw uitvoeren',
} satisfies Partial<Translation<typeof en>>;
