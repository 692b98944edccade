import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Pagina accanto alla chat',
  'artifact.svg': 'Immagine accanto alla chat',
  'artifact.frame': 'Anteprima della pagina',
  'artifact.frameSvg': 'Anteprima dell’immagine',
  'artifact.preview': 'Anteprima',
  'artifact.source': 'Codice sorgente',
  'artifact.show': 'Cosa viene mostrato',
  'artifact.save': 'Scarica',
  'artifact.version': 'Versione {place} di {all}',
  'artifact.previous': 'Versione precedente',
  'artifact.next': 'Versione successiva',
  'artifact.refused':
    'Il contenuto voleva caricare qualcosa o andare altrove. Qui non è consentito: è isolato da ogni rete.',
  'artifact.stopped': 'Il contenuto non ha dato segni di vita per dieci secondi ed è stato interrotto.',
  'artifact.flooded': 'Il contenuto inviava così tanti messaggi da bloccare tutto il resto, ed è stato interrotto.',
  'artifact.notLoaded': 'Non è stato possibile caricare l’anteprima.',
  'artifact.tooLong': 'È troppo lungo per un’anteprima.',
  'artifact.again': 'Esegui di nuovo',
} satisfies Partial<Translation<typeof en>>;
