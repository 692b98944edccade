import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Alle Wissensbasen',
  'knowledge.count': { one: '{count} Wissensbasis', other: '{count} Wissensbasen' },
  'knowledge.create': 'Anlegen',
  'knowledge.delete': 'Basis löschen',
  'knowledge.deleteAsk':
    '„{name}“ mit ihren Dateien endgültig löschen? Dateien, die auch in einer anderen Basis sind, bleiben dort.',
  'knowledge.deleteAskFiles': {
    one: '„{name}“ mit {count} Datei endgültig löschen? Dateien, die auch in einer anderen Basis sind, bleiben dort.',
    other:
      '„{name}“ mit {count} Dateien endgültig löschen? Dateien, die auch in einer anderen Basis sind, bleiben dort.',
  },
  'knowledge.deleteFileAsk': '„{name}“ aus dieser Basis löschen?',
  'knowledge.describe': 'Umbenennen oder beschreiben',
  'knowledge.description': 'Beschreibung',
  'knowledge.drop': 'Dateien hier ablegen, um sie hinzuzufügen',
  'knowledge.gone': 'Diese Wissensbasis gibt es nicht, oder sie gehört Ihnen nicht.',
  'knowledge.moreFiles': 'Weitere Dateien',
  'knowledge.name': 'Name',
  'knowledge.new': 'Neue Basis',
  'knowledge.newTitle': 'Neue Wissensbasis',
  'knowledge.noBase':
    'Noch keine Wissensbasis. Legen Sie eine an, geben Sie Dokumente hinein und befragen Sie sie in einem Chat.',
  'knowledge.noFileMatches': 'Keine Datei passt zu „{query}“.',
  'knowledge.noFiles':
    'Noch keine Dateien. Fügen Sie welche hinzu oder legen Sie sie hier ab: Text, PDF, Word, Excel, PowerPoint, Webseiten, E-Books und mehr.',
  'knowledge.of': 'von {name}',
  'knowledge.ofSomebody': 'von jemand anderem',
  'knowledge.onTheWay': { other: '{count} unterwegs' },
  'knowledge.retryFailed': { one: '{count} fehlgeschlagene wiederholen', other: '{count} fehlgeschlagene wiederholen' },
  'knowledge.searchFiles': 'Dateien suchen',
  'knowledge.searchHint': 'Nach Name oder Beschreibung suchen',
  'knowledge.deleteFilesToo': 'Auch die Dateien löschen',
  'knowledge.deleteFolder': 'Ordner „{name}“ löschen',
  'knowledge.deleteFolderHint':
    'Auch die Ordner darin werden gelöscht. Die Dateien können bleiben: Sie kommen eine Ebene höher. Dateien, die auch in einer anderen Basis sind, bleiben dort.',
  'knowledge.folderPath': 'Pfad des Ordners',
  'knowledge.folderUp': 'Eine Ebene höher',
  'knowledge.folders': 'Ordner',
  'knowledge.keepFiles': 'Löschen, Dateien behalten',
  'knowledge.moreBases': 'Weitere Basen',
  'knowledge.moreNamed': 'Mehr zu {name}',
  'knowledge.move': 'Verschieben nach …',
  'knowledge.moveHere': 'Hierher verschieben',
  'knowledge.moveNamed': '„{name}“ verschieben',
  'knowledge.moveTo': 'Nach: {place}',
  'knowledge.newFolder': 'Neuer Ordner',
  'knowledge.readAgain': 'Alle Dateien neu lesen',
  'knowledge.readAgainAsk':
    'Alle Dateien dieser Basis neu lesen? Bis eine Datei fertig ist, gilt, was zuvor gelesen wurde.',
  'knowledge.renameFolder': 'Ordner umbenennen',
  'knowledge.topLevel': 'Oberste Ebene',
} satisfies Translation<typeof en>;
