import './styles/theme.css';
import './styles/layout.css';
import './styles/chat.css';
import './styles/documents.css';
import './styles/sources.css';
import { createRoot } from 'react-dom/client';
import { Root } from './app/root';

ignoreStrayDrops(window);

// Nothing else is imported here: in development an edit is replaced in place where it reaches a component, and reloads the page where it reaches
// this module.
createRoot(document.getElementById('root')!).render(<Root />);

/**
 * Ignores files that are dropped outside of all drop zones. A browser would open them, some in place of this page, and unsent text would be
 * lost. The pointer shows it while files are held there.
 */
function ignoreStrayDrops(page: Window): void {
  const ignore = (event: DragEvent): void => {
    // A drop zone that accepts them has called preventDefault by now; dragged text is not ours.
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  page.addEventListener('dragover', ignore);
  page.addEventListener('drop', ignore);
}
