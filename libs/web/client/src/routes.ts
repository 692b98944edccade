import type { Route, routes as declared, RouteView } from '@perennial/contracts-gateway';

type Declared = typeof declared;

/**
 * Where a route is, with its types. The contract's schemas stay on the server: they would be a fifth of the page's script. Method and path are
 * literals in the contract, so that a wrong one here is a fault of types.
 */
export interface Address<R extends Route> {
  readonly method: R['method'];
  readonly path: R['path'];
  /** Never there; it carries the types. */
  readonly declared?: R;
}

function at<R extends Route>(method: R['method'], path: R['path']): Address<R> {
  return { method, path };
}

/** The routes that the page calls. */
export const routes = {
  auths: {
    adminConfig: at<Declared['auths']['adminConfig']>('GET', '/api/v1/auths/admin/config'),
    addUser: at<Declared['auths']['addUser']>('POST', '/api/v1/auths/add'),
    session: at<Declared['auths']['session']>('GET', '/api/v1/auths/'),
    signIn: at<Declared['auths']['signIn']>('POST', '/api/v1/auths/signin'),
    signOut: at<Declared['auths']['signOut']>('POST', '/api/v1/auths/signout'),
    signUp: at<Declared['auths']['signUp']>('POST', '/api/v1/auths/signup'),
    updateAdminConfig: at<Declared['auths']['updateAdminConfig']>('POST', '/api/v1/auths/admin/config'),
    updatePassword: at<Declared['auths']['updatePassword']>('POST', '/api/v1/auths/update/password'),
    updateProfile: at<Declared['auths']['updateProfile']>('POST', '/api/v1/auths/update/profile'),
  },
  chatCopies: {
    fork: at<Declared['chatCopies']['fork']>('POST', '/api/v1/chats/:id/fork'),
  },
  chatMarks: {
    archive: at<Declared['chatMarks']['archive']>('POST', '/api/v1/chats/:id/archive'),
    pin: at<Declared['chatMarks']['pin']>('POST', '/api/v1/chats/:id/pin'),
    readAll: at<Declared['chatMarks']['readAll']>('POST', '/api/v1/chats/read'),
    unread: at<Declared['chatMarks']['unread']>('POST', '/api/v1/chats/:id/unread'),
  },
  chatMessages: {
    remove: at<Declared['chatMessages']['remove']>('DELETE', '/api/v1/chats/:id/messages/:message_id'),
  },
  chatTags: {
    add: at<Declared['chatTags']['add']>('POST', '/api/v1/chats/:id/tags'),
    all: at<Declared['chatTags']['all']>('GET', '/api/v1/chats/all/tags'),
    ofChat: at<Declared['chatTags']['ofChat']>('GET', '/api/v1/chats/:id/tags'),
    remove: at<Declared['chatTags']['remove']>('DELETE', '/api/v1/chats/:id/tags'),
  },
  chats: {
    archived: at<Declared['chats']['archived']>('GET', '/api/v1/chats/archived'),
    create: at<Declared['chats']['create']>('POST', '/api/v1/chats/new'),
    get: at<Declared['chats']['get']>('GET', '/api/v1/chats/:id'),
    list: at<Declared['chats']['list']>('GET', '/api/v1/chats/'),
    outline: at<Declared['chats']['outline']>('GET', '/api/v1/chats/:id/outline'),
    pinned: at<Declared['chats']['pinned']>('GET', '/api/v1/chats/pinned'),
    remove: at<Declared['chats']['remove']>('DELETE', '/api/v1/chats/:id'),
    search: at<Declared['chats']['search']>('GET', '/api/v1/chats/search'),
    update: at<Declared['chats']['update']>('POST', '/api/v1/chats/:id'),
  },
  completions: {
    sendTurn: at<Declared['completions']['sendTurn']>('POST', '/api/chat/completions'),
  },
  configs: {
    banners: at<Declared['configs']['banners']>('GET', '/api/v1/configs/banners'),
    get: at<Declared['configs']['get']>('GET', '/api/config'),
    models: at<Declared['configs']['models']>('GET', '/api/v1/configs/models'),
    version: at<Declared['configs']['version']>('GET', '/api/version'),
    updateBanners: at<Declared['configs']['updateBanners']>('POST', '/api/v1/configs/banners'),
    updateSuggestions: at<Declared['configs']['updateSuggestions']>('POST', '/api/v1/configs/suggestions'),
    updateModels: at<Declared['configs']['updateModels']>('POST', '/api/v1/configs/models'),
  },
  connections: {
    ollama: at<Declared['connections']['ollama']>('GET', '/ollama/config'),
    openAi: at<Declared['connections']['openAi']>('GET', '/openai/config'),
    updateOllama: at<Declared['connections']['updateOllama']>('POST', '/ollama/config/update'),
    updateOpenAi: at<Declared['connections']['updateOpenAi']>('POST', '/openai/config/update'),
    verifyOllama: at<Declared['connections']['verifyOllama']>('POST', '/ollama/verify'),
    verifyOpenAi: at<Declared['connections']['verifyOpenAi']>('POST', '/openai/verify'),
  },
  files: {
    get: at<Declared['files']['get']>('GET', '/api/v1/files/:id'),
    list: at<Declared['files']['list']>('GET', '/api/v1/files/'),
    search: at<Declared['files']['search']>('GET', '/api/v1/files/search'),
    remove: at<Declared['files']['remove']>('DELETE', '/api/v1/files/:id'),
    retry: at<Declared['files']['retry']>('POST', '/api/v1/files/:id/process/retry'),
    status: at<Declared['files']['status']>('GET', '/api/v1/files/:id/process/status'),
    upload: at<Declared['files']['upload']>('POST', '/api/v1/files/'),
  },
  fleet: {
    list: at<Declared['fleet']['list']>('GET', '/api/v1/fleet'),
  },
  knowledge: {
    create: at<Declared['knowledge']['create']>('POST', '/api/v1/knowledge/create'),
    createDirectory: at<Declared['knowledge']['createDirectory']>('POST', '/api/v1/knowledge/:id/dirs/create'),
    files: at<Declared['knowledge']['files']>('GET', '/api/v1/knowledge/:id/files'),
    get: at<Declared['knowledge']['get']>('GET', '/api/v1/knowledge/:id'),
    moveFile: at<Declared['knowledge']['moveFile']>('POST', '/api/v1/knowledge/:id/file/move'),
    pending: at<Declared['knowledge']['pending']>('GET', '/api/v1/knowledge/:id/files/pending'),
    reindex: at<Declared['knowledge']['reindex']>('POST', '/api/v1/knowledge/reindex'),
    reindexBase: at<Declared['knowledge']['reindexBase']>('POST', '/api/v1/knowledge/:id/reindex'),
    remove: at<Declared['knowledge']['remove']>('DELETE', '/api/v1/knowledge/:id/delete'),
    removeDirectory: at<Declared['knowledge']['removeDirectory']>('DELETE', '/api/v1/knowledge/:id/dirs/:dirId/delete'),
    removeFile: at<Declared['knowledge']['removeFile']>('POST', '/api/v1/knowledge/:id/file/remove'),
    search: at<Declared['knowledge']['search']>('GET', '/api/v1/knowledge/search'),
    update: at<Declared['knowledge']['update']>('POST', '/api/v1/knowledge/:id/update'),
    updateDirectory: at<Declared['knowledge']['updateDirectory']>('POST', '/api/v1/knowledge/:id/dirs/:dirId/update'),
  },
  knowledgeSources: {
    create: at<Declared['knowledgeSources']['create']>('POST', '/api/v1/knowledge/:id/sources'),
    documents: at<Declared['knowledgeSources']['documents']>(
      'GET',
      '/api/v1/knowledge/:id/sources/:sourceId/documents',
    ),
    list: at<Declared['knowledgeSources']['list']>('GET', '/api/v1/knowledge/:id/sources'),
    remove: at<Declared['knowledgeSources']['remove']>('DELETE', '/api/v1/knowledge/:id/sources/:sourceId'),
    sync: at<Declared['knowledgeSources']['sync']>('POST', '/api/v1/knowledge/:id/sources/:sourceId/sync'),
    update: at<Declared['knowledgeSources']['update']>('POST', '/api/v1/knowledge/:id/sources/:sourceId/update'),
  },
  models: {
    base: at<Declared['models']['base']>('GET', '/api/v1/models/base'),
    list: at<Declared['models']['list']>('GET', '/api/models'),
    /** With `view=picker`. */
    picker: at<RouteView<Declared['models']['list'], 'picker'>>('GET', '/api/models'),
    saveEntry: at<Declared['models']['saveEntry']>('POST', '/api/v1/models/create'),
  },
  retrieval: {
    config: at<Declared['retrieval']['config']>('GET', '/api/v1/retrieval/config'),
    embedding: at<Declared['retrieval']['embedding']>('GET', '/api/v1/retrieval/embedding'),
    updateConfig: at<Declared['retrieval']['updateConfig']>('POST', '/api/v1/retrieval/config/update'),
    blobMoveStatus: at<Declared['retrieval']['blobMoveStatus']>('GET', '/api/v1/retrieval/blobs/move'),
    finishBlobMove: at<Declared['retrieval']['finishBlobMove']>('POST', '/api/v1/retrieval/blobs/move/finish'),
    pauseBlobMove: at<Declared['retrieval']['pauseBlobMove']>('POST', '/api/v1/retrieval/blobs/move/pause'),
    rollbackBlobMove: at<Declared['retrieval']['rollbackBlobMove']>('POST', '/api/v1/retrieval/blobs/move/rollback'),
    startBlobMove: at<Declared['retrieval']['startBlobMove']>('POST', '/api/v1/retrieval/blobs/move'),
    cancelVectorMove: at<Declared['retrieval']['cancelVectorMove']>('POST', '/api/v1/retrieval/vectors/move/cancel'),
    finishVectorMove: at<Declared['retrieval']['finishVectorMove']>('POST', '/api/v1/retrieval/vectors/move/finish'),
    pauseVectorMove: at<Declared['retrieval']['pauseVectorMove']>('POST', '/api/v1/retrieval/vectors/move/pause'),
    startVectorMove: at<Declared['retrieval']['startVectorMove']>('POST', '/api/v1/retrieval/vectors/move'),
    vectorMoveStatus: at<Declared['retrieval']['vectorMoveStatus']>('GET', '/api/v1/retrieval/vectors/move'),
    updateEmbedding: at<Declared['retrieval']['updateEmbedding']>('POST', '/api/v1/retrieval/embedding/update'),
  },
  tasks: {
    list: at<Declared['tasks']['list']>('GET', '/api/tasks/chat/:id'),
    stopAll: at<Declared['tasks']['stopAll']>('POST', '/api/tasks/chat/:id/stop'),
  },
  users: {
    checkImport: at<Declared['users']['checkImport']>('POST', '/api/v1/users/import/check'),
    importUsers: at<Declared['users']['importUsers']>('POST', '/api/v1/users/import'),
    list: at<Declared['users']['list']>('GET', '/api/v1/users/'),
    remove: at<Declared['users']['remove']>('DELETE', '/api/v1/users/:id'),
    settings: at<Declared['users']['settings']>('GET', '/api/v1/users/user/settings'),
    updateSettings: at<Declared['users']['updateSettings']>('POST', '/api/v1/users/user/settings/update'),
    update: at<Declared['users']['update']>('POST', '/api/v1/users/:id/update'),
  },
};
