import './styles/theme.css';
import './styles/layout.css';
import './styles/chat.css';
import './styles/documents.css';
import './styles/sources.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app/app';
import { queryClient } from './app/query-client';
import { ignoreStrayDrops } from './files/stray-drops';

ignoreStrayDrops(window);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <BrowserRouter>
        <App />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
