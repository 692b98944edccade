import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': '모든 지식 베이스',
  'knowledge.count': { other: '지식 베이스 {count}개' },
  'knowledge.create': '만들기',
  'knowledge.delete': '베이스 삭제',
  'knowledge.deleteAsk':
    '‘{name}’ 지식 베이스를 파일과 함께 영구 삭제할까요? 다른 지식 베이스에도 있는 파일은 그곳에 남습니다.',
  'knowledge.deleteAskFiles': {
    other:
      '‘{name}’ 지식 베이스를 파일 {count}개와 함께 영구 삭제할까요? 다른 지식 베이스에도 있는 파일은 그곳에 남습니다.',
  },
  'knowledge.deleteFileAsk': '‘{name}’ 파일을 이 지식 베이스에서 삭제할까요?',
  'knowledge.describe': '이름 또는 설명 편집',
  'knowledge.description': '설명',
  'knowledge.drop': '파일을 여기에 놓아 추가하세요',
  'knowledge.gone': '지식 베이스가 없거나 접근 권한이 없습니다.',
  'knowledge.moreFiles': '파일 더 보기',
  'knowledge.name': '이름',
  'knowledge.new': '새 베이스',
  'knowledge.newTitle': '새 지식 베이스',
  'knowledge.noBase': '아직 지식 베이스가 없습니다. 하나 만들어 문서를 넣고 채팅에서 질문해 보세요.',
  'knowledge.noFileMatches': '‘{query}’에 맞는 파일이 없습니다.',
  'knowledge.noFiles':
    '아직 파일이 없습니다. 파일을 추가하거나 여기에 놓으세요. 텍스트, PDF, Word, Excel, PowerPoint, 웹 페이지, 전자책 등을 넣을 수 있습니다.',
  'knowledge.of': '소유자: {name}',
  'knowledge.ofSomebody': '다른 사용자 소유',
  'knowledge.onTheWay': { other: '{count}개 처리 중' },
  'knowledge.retryFailed': { other: '실패한 {count}개 재시도' },
  'knowledge.searchFiles': '파일 검색',
  'knowledge.searchHint': '이름 또는 설명으로 검색',
  'knowledge.deleteFilesToo': '파일도 삭제',
  'knowledge.deleteFolder': '‘{name}’ 폴더 삭제',
  'knowledge.deleteFolderHint':
    '하위 폴더도 삭제됩니다. 파일은 남길 수 있으며, 한 단계 위로 옮겨집니다. 다른 지식 베이스에도 있는 파일은 그곳에 남습니다.',
  'knowledge.folderPath': '폴더 경로',
  'knowledge.folderUp': '한 단계 위로',
  'knowledge.folders': '폴더',
  'knowledge.keepFiles': '파일은 남기고 삭제',
  'knowledge.moreBases': '지식 베이스 더 보기',
  'knowledge.moreNamed': '{name}에 대한 작업',
  'knowledge.move': '이동…',
  'knowledge.moveHere': '여기로 이동',
  'knowledge.moveNamed': '‘{name}’ 이동',
  'knowledge.moveTo': '이동할 위치: {place}',
  'knowledge.newFolder': '새 폴더',
  'knowledge.readAgain': '모든 파일 다시 읽기',
  'knowledge.readAgainAsk':
    '이 지식 베이스의 모든 파일을 다시 읽을까요? 각 파일이 완료될 때까지 답변은 이전에 읽은 내용을 사용합니다.',
  'knowledge.renameFolder': '폴더 이름 바꾸기',
  'knowledge.topLevel': '최상위',
} satisfies Partial<Translation<typeof en>>;
