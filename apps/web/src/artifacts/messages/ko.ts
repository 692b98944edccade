import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': '채팅 옆 페이지',
  'artifact.svg': '채팅 옆 이미지',
  'artifact.frame': '페이지 미리 보기',
  'artifact.frameSvg': '이미지 미리 보기',
  'artifact.preview': '미리 보기',
  'artifact.source': '소스 코드',
  'artifact.show': '표시할 내용',
  'artifact.save': '다운로드',
  'artifact.version': '버전 {place}/{all}',
  'artifact.previous': '이전 버전',
  'artifact.next': '다음 버전',
  'artifact.refused':
    '무언가를 불러오거나 다른 곳으로 이동하려 했습니다. 모든 네트워크와 차단되어 있어 허용되지 않습니다.',
  'artifact.stopped': '10초 동안 응답이 없어 중지되었습니다.',
  'artifact.flooded': '다른 작업을 할 수 없을 만큼 많은 메시지를 보내 중지되었습니다.',
  'artifact.notLoaded': '미리 보기를 불러오지 못했습니다.',
  'artifact.tooLong': '너무 길어 미리 볼 수 없습니다.',
  'artifact.again': '다시 실행',
} satisfies Partial<Translation<typeof en>>;
