import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Страница рядом с чатом',
  'artifact.svg': 'Изображение рядом с чатом',
  'artifact.frame': 'Предпросмотр страницы',
  'artifact.frameSvg': 'Предпросмотр изображения',
  'artifact.preview': 'Просмотр',
  'artifact.source': 'Исходный код',
  'artifact.show': 'Что показано',
  'artifact.save': 'Скачать',
  'artifact.version': 'Версия {place} из {all}',
  'artifact.previous': 'Предыдущая версия',
  'artifact.next': 'Следующая версия',
  'artifact.refused':
    'Страница хотела что-то загрузить или перейти в другое место. Здесь это запрещено: она отрезана от любой сети.',
  'artifact.stopped': 'Десять секунд не было признаков работы, поэтому выполнение остановлено.',
  'artifact.flooded': 'Пришло столько сообщений, что остальное перестало бы работать, поэтому выполнение остановлено.',
  'artifact.notLoaded': 'Не удалось загрузить предпросмотр.',
  'artifact.tooLong': 'Это слишком длинно для предпросмотра.',
  'artifact.again': 'Запустить снова',
} satisfies Partial<Translation<typeof en>>;
