import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Toutes les bases de connaissances',
  'knowledge.count': {
    one: '{count} base de connaissances',
    many: '{count} de bases de connaissances',
    other: '{count} bases de connaissances',
  },
  'knowledge.create': 'Créer',
  'knowledge.delete': 'Supprimer la base',
  'knowledge.deleteAsk':
    'Supprimer définitivement «\u202f{name}\u202f» et ses fichiers\u202f? Les fichiers qui sont aussi dans une autre base y restent.',
  'knowledge.deleteAskFiles': {
    one: 'Supprimer définitivement «\u202f{name}\u202f» et {count} fichier\u202f? Les fichiers qui sont aussi dans une autre base y restent.',
    many: 'Supprimer définitivement «\u202f{name}\u202f» et {count} de fichiers\u202f? Les fichiers qui sont aussi dans une autre base y restent.',
    other:
      'Supprimer définitivement «\u202f{name}\u202f» et {count} fichiers\u202f? Les fichiers qui sont aussi dans une autre base y restent.',
  },
  'knowledge.deleteFileAsk': 'Supprimer «\u202f{name}\u202f» de cette base\u202f?',
  'knowledge.describe': 'Renommer ou décrire',
  'knowledge.description': 'Description',
  'knowledge.drop': 'Déposez des fichiers pour les ajouter',
  'knowledge.gone': 'Cette base de connaissances n’existe pas, ou elle n’est pas à vous.',
  'knowledge.moreFiles': 'Plus de fichiers',
  'knowledge.name': 'Nom',
  'knowledge.new': 'Nouvelle base',
  'knowledge.newTitle': 'Nouvelle base de connaissances',
  'knowledge.noBase':
    'Aucune base de connaissances pour le moment. Créez-en une, ajoutez-y des documents et interrogez-les dans une discussion.',
  'knowledge.noFileMatches': 'Aucun fichier ne correspond à «\u202f{query}\u202f».',
  'knowledge.noFiles':
    'Aucun fichier pour le moment. Ajoutez-en ou déposez-les ici\u202f: texte, PDF, Word, Excel, PowerPoint, pages web, livres numériques et plus encore.',
  'knowledge.of': 'de {name}',
  'knowledge.ofSomebody': 'de quelqu’un d’autre',
  'knowledge.onTheWay': { other: '{count} en cours' },
  'knowledge.retryFailed': {
    one: 'Réessayer {count} échec',
    many: 'Réessayer {count} d’échecs',
    other: 'Réessayer {count} échecs',
  },
  'knowledge.searchFiles': 'Rechercher des fichiers',
  'knowledge.searchHint': 'Rechercher par nom ou description',
  'knowledge.deleteFilesToo': 'Supprimer aussi les fichiers',
  'knowledge.deleteFolder': 'Supprimer le dossier «\u202f{name}\u202f»',
  'knowledge.deleteFolderHint':
    'Les dossiers qu’il contient sont aussi supprimés. Ses fichiers peuvent rester\u202f: ils remontent d’un niveau. Les fichiers qui sont aussi dans une autre base y restent.',
  'knowledge.folderPath': 'Chemin du dossier',
  'knowledge.folderUp': 'Remonter d’un niveau',
  'knowledge.folders': 'Dossiers',
  'knowledge.keepFiles': 'Supprimer, garder les fichiers',
  'knowledge.moreBases': 'Plus de bases',
  'knowledge.moreNamed': 'Plus d’actions pour {name}',
  'knowledge.move': 'Déplacer vers…',
  'knowledge.moveHere': 'Déplacer ici',
  'knowledge.moveNamed': 'Déplacer «\u202f{name}\u202f»',
  'knowledge.moveTo': 'Vers\u202f: {place}',
  'knowledge.newFolder': 'Nouveau dossier',
  'knowledge.readAgain': 'Relire tous les fichiers',
  'knowledge.readAgainAsk':
    'Relire tous les fichiers de cette base\u202f? Jusqu’à la fin de la relecture de chaque fichier, les réponses utilisent ce qui avait été lu avant.',
  'knowledge.renameFolder': 'Renommer le dossier',
  'knowledge.topLevel': 'Niveau supérieur',
} satisfies Partial<Translation<typeof en>>;
