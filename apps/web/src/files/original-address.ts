/** Address of the original, at its page if the browser's viewer supports it, or at its time. */
export function originalAddress(
  fileId: string,
  { page, startSeconds }: { page?: number; startSeconds?: number } = {},
): string {
  const address = `/api/v1/files/${encodeURIComponent(fileId)}/content`;
  if (page !== undefined) return `${address}#page=${page}`;
  return startSeconds === undefined ? address : `${address}#t=${startSeconds}`;
}
