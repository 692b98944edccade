import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Сторінка поруч із чатом',
  'artifact.svg': 'Зображення поруч із чатом',
  'artifact.frame': 'Попередній перегляд сторінки',
  'artifact.frameSvg': 'Попередній перегляд зображення',
  'artifact.preview': 'Перегляд',
  'artifact.source': 'Вихідний код',
  'artifact.show': 'Що показано',
  'artifact.save': 'Завантажити',
  'artifact.version': 'Версія {place} з {all}',
  'artifact.previous': 'Попередня версія',
  'artifact.next': 'Наступна версія',
  'artifact.refused':
    'Сторінка хотіла щось завантажити або перейти в інше місце. Тут це заборонено: вона відрізана від будь-якої мережі.',
  'artifact.stopped': 'Десять секунд не було жодних ознак роботи, тому виконання зупинено.',
  'artifact.flooded': 'Надійшло стільки повідомлень, що решта перестала б працювати, тому виконання зупинено.',
  'artifact.notLoaded': 'Не вдалося завантажити попередній перегляд.',
  'artifact.tooLong': 'Це задовге для попереднього перегляду.',
  'artifact.again': 'Запустити знову',
} satisfies Partial<Translation<typeof en>>;
