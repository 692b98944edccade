import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Tutte le basi di conoscenza',
  'knowledge.count': {
    one: '{count} base di conoscenza',
    many: '{count} di basi di conoscenza',
    other: '{count} basi di conoscenza',
  },
  'knowledge.create': 'Crea',
  'knowledge.delete': 'Elimina la base',
  'knowledge.deleteAsk':
    'Eliminare definitivamente «{name}» con i suoi file? I file che sono anche in un’altra base vi restano.',
  'knowledge.deleteAskFiles': {
    one: 'Eliminare definitivamente «{name}» con {count} file? I file che sono anche in un’altra base vi restano.',
    many: 'Eliminare definitivamente «{name}» con {count} di file? I file che sono anche in un’altra base vi restano.',
    other: 'Eliminare definitivamente «{name}» con {count} file? I file che sono anche in un’altra base vi restano.',
  },
  'knowledge.deleteFileAsk': 'Eliminare «{name}» da questa base?',
  'knowledge.describe': 'Rinomina o descrivi',
  'knowledge.description': 'Descrizione',
  'knowledge.drop': 'Rilascia i file per aggiungerli',
  'knowledge.gone': 'Questa base di conoscenza non esiste o non è tua.',
  'knowledge.moreFiles': 'Altri file',
  'knowledge.name': 'Nome',
  'knowledge.new': 'Nuova base',
  'knowledge.newTitle': 'Nuova base di conoscenza',
  'knowledge.noBase':
    'Ancora nessuna base di conoscenza. Creane una, aggiungi documenti e fai domande su di essi in una chat.',
  'knowledge.noFileMatches': 'Nessun file corrisponde a «{query}».',
  'knowledge.noFiles':
    'Ancora nessun file. Aggiungine o rilasciali qui: testo, PDF, Word, Excel, PowerPoint, pagine web, e-book e altro.',
  'knowledge.of': 'di {name}',
  'knowledge.ofSomebody': 'di qualcun altro',
  'knowledge.onTheWay': { other: '{count} in arrivo' },
  'knowledge.retryFailed': {
    one: 'Riprova {count} non riuscito',
    many: 'Riprova {count} non riusciti',
    other: 'Riprova {count} non riusciti',
  },
  'knowledge.searchFiles': 'Cerca file',
  'knowledge.searchHint': 'Cerca per nome o descrizione',
  'knowledge.deleteFilesToo': 'Elimina anche i file',
  'knowledge.deleteFolder': 'Elimina la cartella «{name}»',
  'knowledge.deleteFolderHint':
    'Vengono eliminate anche le cartelle al suo interno. I suoi file possono restare: salgono di un livello. I file che sono anche in un’altra base vi restano.',
  'knowledge.folderPath': 'Percorso della cartella',
  'knowledge.folderUp': 'Su di un livello',
  'knowledge.folders': 'Cartelle',
  'knowledge.keepFiles': 'Elimina e mantieni i file',
  'knowledge.moreBases': 'Altre basi',
  'knowledge.moreNamed': 'Altro per {name}',
  'knowledge.move': 'Sposta in…',
  'knowledge.moveHere': 'Sposta qui',
  'knowledge.moveNamed': 'Sposta «{name}»',
  'knowledge.moveTo': 'In: {place}',
  'knowledge.newFolder': 'Nuova cartella',
  'knowledge.readAgain': 'Rileggi tutti i file',
  'knowledge.readAgainAsk':
    'Rileggere tutti i file di questa base? Finché un file non è pronto, le risposte usano ciò che era stato letto prima.',
  'knowledge.renameFolder': 'Rinomina la cartella',
  'knowledge.topLevel': 'Livello principale',
} satisfies Partial<Translation<typeof en>>;
