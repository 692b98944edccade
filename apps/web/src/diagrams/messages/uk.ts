import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Діаграма',
  'diagram.of': 'Діаграма: {title}',
  'diagram.source': 'Вихідний код',
  'diagram.smaller': 'Зменшити',
  'diagram.larger': 'Збільшити',
  'diagram.fit': 'Умістити',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'На весь екран',
  'diagram.svg': 'Зберегти як SVG',
  'diagram.png': 'Зберегти як PNG',
  'diagram.noPng': 'Цей браузер не може створити PNG. Збережіть як SVG.',
  'diagram.failed': 'Не вдалося намалювати діаграму: {reason}',
  'diagram.stopped': 'Діаграма малювалася надто довго, її зупинено.',
  'diagram.tooLong': 'Діаграма задовга, щоб її намалювати.',
  'diagram.again': 'Спробувати ще раз',
} satisfies Partial<Translation<typeof en>>;
