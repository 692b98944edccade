/** Address of the original, at its page if the browser's viewer supports it. */
export function originalAddress(fileId: string, page?: number): string {
  const address = `/api/v1/files/${encodeURIComponent(fileId)}/content`;
  return page === undefined ? address : `${address}#page=${page}`;
}
