import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Alle kennisbanken',
  'knowledge.count': { one: '{count} kennisbank', other: '{count} kennisbanken' },
  'knowledge.create': 'Maken',
  'knowledge.delete': 'Kennisbank verwijderen',
  'knowledge.deleteAsk':
    '“{name}” met alle bestanden definitief verwijderen? Bestanden die ook in een andere kennisbank staan, blijven daar.',
  'knowledge.deleteAskFiles': {
    one: '“{name}” met {count} bestand definitief verwijderen? Bestanden die ook in een andere kennisbank staan, blijven daar.',
    other:
      '“{name}” met {count} bestanden definitief verwijderen? Bestanden die ook in een andere kennisbank staan, blijven daar.',
  },
  'knowledge.deleteFileAsk': '“{name}” uit deze kennisbank verwijderen?',
  'knowledge.describe': 'Naam of beschrijving wijzigen',
  'knowledge.description': 'Beschrijving',
  'knowledge.drop': 'Zet bestanden hier neer om ze toe te voegen',
  'knowledge.gone': 'Deze kennisbank bestaat niet of is niet van u.',
  'knowledge.moreFiles': 'Meer bestanden',
  'knowledge.name': 'Naam',
  'knowledge.new': 'Nieuwe kennisbank',
  'knowledge.newTitle': 'Nieuwe kennisbank',
  'knowledge.noBase': 'Nog geen kennisbank. Maak er een, zet er documenten in en stel er vragen over in een chat.',
  'knowledge.noFileMatches': 'Geen bestand gevonden voor “{query}”.',
  'knowledge.noFiles':
    'Nog geen bestanden. Voeg ze toe of zet ze hier neer: tekst, PDF, Word, Excel, PowerPoint, webpagina’s, e-books en meer.',
  'knowledge.of': 'van {name}',
  'knowledge.ofSomebody': 'van iemand anders',
  'knowledge.onTheWay': { other: '{count} onderweg' },
  'knowledge.retryFailed': { other: '{count} mislukte opnieuw proberen' },
  'knowledge.searchFiles': 'Bestanden zoeken',
  'knowledge.searchHint': 'Zoeken op naam of beschrijving',
  'knowledge.deleteFilesToo': 'Ook de bestanden verwijderen',
  'knowledge.deleteFolder': 'Map “{name}” verwijderen',
  'knowledge.deleteFolderHint':
    'De mappen erin worden ook verwijderd. De bestanden kunnen blijven: ze gaan een niveau omhoog. Bestanden die ook in een andere kennisbank staan, blijven daar.',
  'knowledge.folderPath': 'Pad van de map',
  'knowledge.folderUp': 'Een niveau omhoog',
  'knowledge.folders': 'Mappen',
  'knowledge.keepFiles': 'Verwijderen, bestanden behouden',
  'knowledge.moreBases': 'Meer kennisbanken',
  'knowledge.moreNamed': 'Meer voor {name}',
  'knowledge.move': 'Verplaatsen naar…',
  'knowledge.moveHere': 'Hierheen verplaatsen',
  'knowledge.moveNamed': '“{name}” verplaatsen',
  'knowledge.moveTo': 'Naar: {place}',
  'knowledge.newFolder': 'Nieuwe map',
  'knowledge.readAgain': 'Alle bestanden opnieuw lezen',
  'knowledge.readAgainAsk':
    'Alle bestanden van deze kennisbank opnieuw lezen? Tot een bestand klaar is, gebruiken antwoorden wat eerder is gelezen.',
  'knowledge.renameFolder': 'Naam van map wijzigen',
  'knowledge.topLevel': 'Hoogste niveau',
} satisfies Partial<Translation<typeof en>>;
