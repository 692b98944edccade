/** The pages of the administration, by their addresses. */
export const PAGES = ['fleet', 'users', 'connections', 'models', 'documents', 'notices'] as const;
