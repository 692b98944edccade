/**
 * Files that are dropped beside every drop zone do nothing. A browser would open them, some in place of this page, and what was being written
 * would be gone. The pointer says so while they are held there.
 */
export function ignoreStrayDrops(page: Window): void {
  const ignore = (event: DragEvent): void => {
    // A drop zone that takes them has said so by now; a text that is dragged is not ours.
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  page.addEventListener('dragover', ignore);
  page.addEventListener('drop', ignore);
}
