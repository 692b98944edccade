/** The pages of the administration, by their addresses. */
export const PAGES = ['fleet', 'users', 'general', 'connections', 'models', 'documents', 'notices'] as const;
