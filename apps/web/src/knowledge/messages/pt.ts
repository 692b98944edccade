import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Todas as bases de conhecimento',
  'knowledge.count': {
    one: '{count} base de conhecimento',
    many: '{count} de bases de conhecimento',
    other: '{count} bases de conhecimento',
  },
  'knowledge.create': 'Criar',
  'knowledge.delete': 'Excluir a base',
  'knowledge.deleteAsk':
    'Excluir “{name}” com seus arquivos definitivamente? Os arquivos que também estão em outra base permanecem lá.',
  'knowledge.deleteAskFiles': {
    one: 'Excluir “{name}” com {count} arquivo definitivamente? Os arquivos que também estão em outra base permanecem lá.',
    many: 'Excluir “{name}” com {count} de arquivos definitivamente? Os arquivos que também estão em outra base permanecem lá.',
    other:
      'Excluir “{name}” com {count} arquivos definitivamente? Os arquivos que também estão em outra base permanecem lá.',
  },
  'knowledge.deleteFileAsk': 'Excluir “{name}” desta base?',
  'knowledge.describe': 'Renomear ou descrever',
  'knowledge.description': 'Descrição',
  'knowledge.drop': 'Solte os arquivos para adicioná-los',
  'knowledge.gone': 'Esta base de conhecimento não existe ou não é sua.',
  'knowledge.moreFiles': 'Mais arquivos',
  'knowledge.name': 'Nome',
  'knowledge.new': 'Nova base',
  'knowledge.newTitle': 'Nova base de conhecimento',
  'knowledge.noBase':
    'Ainda não há nenhuma base de conhecimento. Crie uma, adicione documentos e pergunte sobre eles em uma conversa.',
  'knowledge.noFileMatches': 'Nenhum arquivo corresponde a “{query}”.',
  'knowledge.noFiles':
    'Ainda não há arquivos. Adicione alguns ou solte-os aqui: texto, PDF, Word, Excel, PowerPoint, páginas da web, e-books e mais.',
  'knowledge.of': 'de {name}',
  'knowledge.ofSomebody': 'de outra pessoa',
  'knowledge.onTheWay': { other: '{count} a caminho' },
  'knowledge.retryFailed': {
    one: 'Repetir {count} com falha',
    many: 'Repetir {count} com falha',
    other: 'Repetir {count} com falha',
  },
  'knowledge.searchFiles': 'Buscar arquivos',
  'knowledge.searchHint': 'Buscar por nome ou descrição',
  'knowledge.deleteFilesToo': 'Excluir também os arquivos',
  'knowledge.deleteFolder': 'Excluir a pasta “{name}”',
  'knowledge.deleteFolderHint':
    'As pastas dentro dela também são excluídas. Os arquivos podem ficar: eles sobem um nível. Os arquivos que também estão em outra base permanecem lá.',
  'knowledge.folderPath': 'Caminho da pasta',
  'knowledge.folderUp': 'Subir um nível',
  'knowledge.folders': 'Pastas',
  'knowledge.keepFiles': 'Excluir e manter os arquivos',
  'knowledge.moreBases': 'Mais bases',
  'knowledge.moreNamed': 'Mais ações para {name}',
  'knowledge.move': 'Mover para…',
  'knowledge.moveHere': 'Mover para cá',
  'knowledge.moveNamed': 'Mover “{name}”',
  'knowledge.moveTo': 'Para: {place}',
  'knowledge.newFolder': 'Nova pasta',
  'knowledge.readAgain': 'Reler todos os arquivos',
  'knowledge.readAgainAsk':
    'Reler todos os arquivos desta base? Até cada arquivo ficar pronto, as respostas usam o que foi lido antes.',
  'knowledge.renameFolder': 'Renomear a pasta',
  'knowledge.topLevel': 'Nível superior',
} satisfies Partial<Translation<typeof en>>;
