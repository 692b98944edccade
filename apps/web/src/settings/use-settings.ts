import { useLocation, useNavigate } from 'react-router';

const FOLDER = '/settings';

/** The address of the settings, of one of their sections, or of one setting. */
export function settingsAddress(section = '', setting?: string): string {
  return `${FOLDER}${section && `/${section}`}${setting === undefined ? '' : `#${setting}`}`;
}

/** The settings lie above the page that they were opened from. Their own address is above the first page. */
export function usePageBehind() {
  const location = useLocation();
  const isOpen = location.pathname === FOLDER || location.pathname.startsWith(`${FOLDER}/`);
  const { behind } = (location.state ?? {}) as { behind?: typeof location };
  return { isOpen, behind: isOpen ? (behind ?? { ...location, pathname: '/', search: '', hash: '' }) : location };
}

export function useOpenSettings(): (section?: string, setting?: string) => void {
  const { behind } = usePageBehind();
  const navigate = useNavigate();
  return (section, setting) => void navigate(settingsAddress(section, setting), { state: { behind } });
}
