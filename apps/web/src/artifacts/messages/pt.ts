import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Página ao lado da conversa',
  'artifact.svg': 'Imagem ao lado da conversa',
  'artifact.frame': 'Prévia da página',
  'artifact.frameSvg': 'Prévia da imagem',
  'artifact.preview': 'Prévia',
  'artifact.source': 'Código-fonte',
  'artifact.show': 'O que é exibido',
  'artifact.save': 'Baixar',
  'artifact.version': 'Versão {place} de {all}',
  'artifact.previous': 'Versão anterior',
  'artifact.next': 'Próxima versão',
  'artifact.refused':
    'O conteúdo tentou carregar algo ou ir para outro lugar. Isso não é permitido aqui: ele está isolado de qualquer rede.',
  'artifact.stopped': 'O conteúdo não deu sinal de vida por dez segundos e foi interrompido.',
  'artifact.flooded': 'O conteúdo enviou tantas mensagens que nada mais funcionaria e foi interrompido.',
  'artifact.notLoaded': 'Não foi possível carregar a prévia.',
  'artifact.tooLong': 'É longo demais para uma prévia.',
  'artifact.again': 'Executar novamente',
} satisfies Partial<Translation<typeof en>>;
