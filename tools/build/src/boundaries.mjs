/**
 * Allowed dependencies, as options of `@nx/enforce-module-boundaries`. A function, because a later block of a flat configuration replaces a
 * rule's options as a whole.
 */
const may = (sourceTag, ...to) => ({ sourceTag, onlyDependOnLibsWithTags: to });

/**
 * @param {{ also?: readonly string[] }} [options] tags that an application may depend on besides its own libraries
 */
export function boundaries({ also = [] } = {}) {
  const depConstraints = [
    // By the type of a project. By its scope an infra library can only reach the kernel among the contracts.
    may('type:app', 'type:contract', 'type:infra', 'type:data-access', 'type:ui', ...also),
    // The operator's command line runs the services' own code, through what each of them exports for it.
    may('type:cli', 'type:app', 'type:contract', 'type:infra', ...also),
    may('type:contract', 'type:contract'),
    may('type:infra', 'type:infra', 'type:contract', ...also),
    may('type:data-access', 'type:contract', 'type:data-access', ...also),
    may('type:ui', 'type:ui', ...also),
    may('type:testing', 'type:testing', 'type:infra', 'type:tool'),
    may('type:tool', 'type:tool', 'type:contract', 'type:infra', 'type:data-access', 'type:testing'),
    may('type:e2e', 'type:e2e', 'type:contract', 'type:testing', 'type:data-access', 'type:tool', 'type:infra'),
    // By scope: a service may call the services whose contract it may import.
    may(
      'scope:gateway',
      'scope:gateway',
      'scope:auth',
      'scope:chat',
      'scope:retrieval',
      'scope:config',
      'scope:wire',
      'scope:platform',
    ),
    may('scope:chat', 'scope:chat', 'scope:auth', 'scope:retrieval', 'scope:config', 'scope:wire', 'scope:platform'),
    may('scope:retrieval', 'scope:retrieval', 'scope:auth', 'scope:config', 'scope:wire', 'scope:platform'),
    may('scope:auth', 'scope:auth', 'scope:config', 'scope:wire', 'scope:platform'),
    may('scope:config', 'scope:config', 'scope:wire', 'scope:platform'),
    may('scope:web', 'scope:web', 'scope:gateway', 'scope:wire', ...(also.length > 0 ? ['scope:platform'] : [])),
    may(
      'scope:operator',
      'scope:operator',
      'scope:auth',
      'scope:chat',
      'scope:retrieval',
      'scope:config',
      'scope:wire',
      'scope:platform',
    ),
    // The public entities: for all scopes; of the platform they know the kernel alone.
    may('scope:wire', 'scope:wire', 'scope:platform'),
    may('scope:platform', 'scope:platform'),
    may('scope:e2e', 'scope:e2e', 'scope:gateway', 'scope:web', 'scope:wire', 'scope:platform'),
    // By the runtime.
    may('runtime:browser', 'runtime:browser', 'runtime:any', ...(also.length > 0 ? ['runtime:node'] : [])),
    may('runtime:any', 'runtime:any', ...(also.length > 0 ? ['runtime:node'] : [])),
    may('runtime:node', 'runtime:node', 'runtime:any'),
    { sourceTag: 'type:contract', bannedExternalImports: ['@nestjs/*', 'typeorm', 'ioredis'] },
  ];
  return ['error', { allow: [], depConstraints }];
}
