import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: '图表',
  'diagram.of': '图表：{title}',
  'diagram.source': '源代码',
  'diagram.smaller': '缩小',
  'diagram.larger': '放大',
  'diagram.fit': '适合大小',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': '完整查看',
  'diagram.svg': '另存为 SVG',
  'diagram.png': '另存为 PNG',
  'diagram.noPng': '此浏览器无法将其转为 PNG。请另存为 SVG。',
  'diagram.failed': '无法绘制图表：{reason}',
  'diagram.stopped': '绘制图表耗时过长，已停止。',
  'diagram.tooLong': '图表内容太长，无法绘制。',
  'diagram.again': '再试一次',
} satisfies Partial<Translation<typeof en>>;
