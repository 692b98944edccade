import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Todas las bases de conocimiento',
  'knowledge.count': {
    one: '{count} base de conocimiento',
    many: '{count} de bases de conocimiento',
    other: '{count} bases de conocimiento',
  },
  'knowledge.create': 'Crear',
  'knowledge.delete': 'Eliminar la base',
  'knowledge.deleteAsk':
    '¿Eliminar «{name}» con sus archivos definitivamente? Los archivos que también están en otra base se quedan allí.',
  'knowledge.deleteAskFiles': {
    one: '¿Eliminar «{name}» con {count} archivo definitivamente? Los archivos que también están en otra base se quedan allí.',
    many: '¿Eliminar «{name}» con {count} de archivos definitivamente? Los archivos que también están en otra base se quedan allí.',
    other:
      '¿Eliminar «{name}» con {count} archivos definitivamente? Los archivos que también están en otra base se quedan allí.',
  },
  'knowledge.deleteFileAsk': '¿Eliminar «{name}» de esta base?',
  'knowledge.describe': 'Renombrar o describir',
  'knowledge.description': 'Descripción',
  'knowledge.drop': 'Suelta los archivos para añadirlos',
  'knowledge.gone': 'Esta base de conocimiento no existe o no es tuya.',
  'knowledge.moreFiles': 'Más archivos',
  'knowledge.name': 'Nombre',
  'knowledge.new': 'Nueva base',
  'knowledge.newTitle': 'Nueva base de conocimiento',
  'knowledge.noBase':
    'Aún no hay ninguna base de conocimiento. Crea una, añade documentos y pregunta sobre ellos en un chat.',
  'knowledge.noFileMatches': 'Ningún archivo coincide con «{query}».',
  'knowledge.noFiles':
    'Aún no hay archivos. Añade algunos o suéltalos aquí: texto, PDF, Word, Excel, PowerPoint, páginas web, libros electrónicos y más.',
  'knowledge.of': 'de {name}',
  'knowledge.ofSomebody': 'de otra persona',
  'knowledge.onTheWay': { other: '{count} en camino' },
  'knowledge.retryFailed': { other: 'Reintentar {count} con error' },
  'knowledge.searchFiles': 'Buscar archivos',
  'knowledge.searchHint': 'Buscar por nombre o descripción',
  'knowledge.deleteFilesToo': 'Eliminar también los archivos',
  'knowledge.deleteFolder': 'Eliminar la carpeta «{name}»',
  'knowledge.deleteFolderHint':
    'También se eliminan las carpetas que contiene. Sus archivos pueden quedarse: suben un nivel. Los archivos que también están en otra base se quedan allí.',
  'knowledge.folderPath': 'Ruta de la carpeta',
  'knowledge.folderUp': 'Subir un nivel',
  'knowledge.folders': 'Carpetas',
  'knowledge.keepFiles': 'Eliminar y conservar los archivos',
  'knowledge.moreBases': 'Más bases',
  'knowledge.moreNamed': 'Más acciones para {name}',
  'knowledge.move': 'Mover a…',
  'knowledge.moveHere': 'Mover aquí',
  'knowledge.moveNamed': 'Mover «{name}»',
  'knowledge.moveTo': 'A: {place}',
  'knowledge.newFolder': 'Nueva carpeta',
  'knowledge.readAgain': 'Releer todos los archivos',
  'knowledge.readAgainAsk':
    '¿Releer todos los archivos de esta base? Hasta que cada archivo esté listo, las respuestas usan lo leído antes.',
  'knowledge.renameFolder': 'Renombrar carpeta',
  'knowledge.topLevel': 'Nivel superior',
} satisfies Partial<Translation<typeof en>>;
