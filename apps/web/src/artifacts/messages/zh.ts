import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': '对话旁的页面',
  'artifact.svg': '对话旁的图片',
  'artifact.frame': '页面预览',
  'artifact.frameSvg': '图片预览',
  'artifact.preview': '预览',
  'artifact.source': '源代码',
  'artifact.show': '显示内容',
  'artifact.save': '下载',
  'artifact.version': '版本 {place} / {all}',
  'artifact.previous': '上一个版本',
  'artifact.next': '下一个版本',
  'artifact.refused': '它试图加载内容或跳转到别处。这里不允许：它与所有网络隔离。',
  'artifact.stopped': '它十秒钟没有响应，已被停止。',
  'artifact.flooded': '它发送的消息过多，影响了其他内容，已被停止。',
  'artifact.notLoaded': '无法加载预览。',
  'artifact.tooLong': '内容太长，无法预览。',
  'artifact.again': '重新运行',
} satisfies Partial<Translation<typeof en>>;
