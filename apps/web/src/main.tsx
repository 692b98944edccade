import './styles/theme.css';
import './styles/layout.css';
import './styles/sidebar.css';
import './styles/chat.css';
import './styles/messages.css';
import './styles/code.css';
import './styles/context.css';
import './styles/lists.css';
import './styles/overlays.css';
import './styles/documents.css';
import './styles/sources.css';
import './styles/contrast.css';
import './styles/print.css';
import { createRoot } from 'react-dom/client';
import { Root } from './app/root';
import { followLanguage } from './messages/language';
import { followLook } from './ui/theme';

ignoreStrayDrops(window);
tellKeyboard(window);
followLook();
// Where the page is installed, other programs can share texts and files with it.
if (matchMedia('(display-mode: standalone)').matches) void navigator.serviceWorker?.register('/sw.js');

// Nothing else is imported here: in development an edit is replaced in place where it reaches a component, and reloads the page where it reaches
// this module.
void followLanguage().then(() => createRoot(document.getElementById('root')!).render(<Root />));

/** Marks the page while somebody moves in it by Tab, for what shows its focus only then. */
function tellKeyboard(page: Window): void {
  const { dataset } = page.document.documentElement;
  page.addEventListener('keydown', ({ key }) => key === 'Tab' && (dataset.keys = ''));
  page.addEventListener('pointerdown', () => delete dataset.keys);
}

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
