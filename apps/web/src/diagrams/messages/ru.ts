import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Диаграмма',
  'diagram.of': 'Диаграмма: {title}',
  'diagram.source': 'Исходный код',
  'diagram.smaller': 'Уменьшить',
  'diagram.larger': 'Увеличить',
  'diagram.fit': 'Вместить',
  'diagram.zoomed': '{percent} %',
  'diagram.whole': 'На весь экран',
  'diagram.svg': 'Сохранить как SVG',
  'diagram.png': 'Сохранить как PNG',
  'diagram.noPng': 'Этот браузер не может создать PNG. Сохраните как SVG.',
  'diagram.failed': 'Не удалось нарисовать диаграмму: {reason}',
  'diagram.stopped': 'Диаграмма рисовалась слишком долго и была остановлена.',
  'diagram.tooLong': 'Диаграмма слишком длинная, чтобы её нарисовать.',
  'diagram.again': 'Попробовать снова',
} satisfies Partial<Translation<typeof en>>;
