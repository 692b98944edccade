import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Strona obok czatu',
  'artifact.svg': 'Obraz obok czatu',
  'artifact.frame': 'Podgląd strony',
  'artifact.frameSvg': 'Podgląd obrazu',
  'artifact.preview': 'Podgląd',
  'artifact.source': 'Kod źródłowy',
  'artifact.show': 'Co jest pokazywane',
  'artifact.save': 'Pobierz',
  'artifact.version': 'Wersja {place} z {all}',
  'artifact.previous': 'Poprzednia wersja',
  'artifact.next': 'Następna wersja',
  'artifact.refused':
    'Strona chciała coś wczytać lub przejść gdzie indziej. Tutaj jest to niedozwolone: nie ma dostępu do żadnej sieci.',
  'artifact.stopped': 'Podgląd przez dziesięć sekund nie dawał znaku życia i został zatrzymany.',
  'artifact.flooded': 'Podgląd wysyłał tyle wiadomości, że nic innego nie mogłoby działać, i został zatrzymany.',
  'artifact.notLoaded': 'Nie udało się wczytać podglądu.',
  'artifact.tooLong': 'To za długie na podgląd.',
  'artifact.again': 'Uruchom ponownie',
} satisfies Partial<Translation<typeof en>>;
