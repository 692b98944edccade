import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Sida bredvid chatten',
  'artifact.svg': 'Bild bredvid chatten',
  'artifact.frame': 'Förhandsvisning av sidan',
  'artifact.frameSvg': 'Förhandsvisning av bilden',
  'artifact.preview': 'Förhandsvisning',
  'artifact.source': 'Källkod',
  'artifact.show': 'Vad som visas',
  'artifact.save': 'Ladda ned',
  'artifact.version': 'Version {place} av {all}',
  'artifact.previous': 'Föregående version',
  'artifact.next': 'Nästa version',
  'artifact.refused':
    'Sidan försökte läsa in något eller gå någon annanstans. Det är inte tillåtet här: den har ingen tillgång till något nätverk.',
  'artifact.stopped': 'Förhandsvisningen gav inget livstecken på tio sekunder och stoppades.',
  'artifact.flooded': 'Förhandsvisningen skickade så många meddelanden att inget annat skulle fungera, och stoppades.',
  'artifact.notLoaded': 'Förhandsvisningen kunde inte läsas in.',
  'artifact.tooLong': 'Det här är för långt för en förhandsvisning.',
  'artifact.again': 'Kör igen',
} satisfies Partial<Translation<typeof en>>;
