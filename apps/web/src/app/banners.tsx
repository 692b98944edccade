import type { Banner } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useChats } from '../chat/chat-queries';
import { t } from '../messages';
import { Icon } from '../ui/icon';
import { dismiss, isDismissed } from './dismissed-banners';
import { NoticeText } from './notice-text';

const KINDS = ['info', 'success', 'warning', 'error'];

/** What the administrator tells everybody. */
export function Banners() {
  // Of what is asked at the beginning they can wait the longest: until the list is drawn.
  const { isPending } = useChats();
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    if (isPending) return;
    const timer = setTimeout(() => setAsks(true));
    return () => clearTimeout(timer);
  }, [isPending]);
  const banners = useQuery({
    queryKey: ['banners'],
    queryFn: () => call(routes.configs.banners, {}),
    enabled: asks,
    staleTime: 60_000,
  });
  const [, setDismissals] = useState(0);
  const shown = (banners.data ?? []).filter((banner) => !isDismissed(localStorage, banner));
  if (shown.length === 0) return null;
  const onDismiss = (banner: Banner) => {
    dismiss(localStorage, banner, banners.data ?? []);
    setDismissals((count) => count + 1);
  };
  return (
    <section className="banners" aria-label={t('banners')}>
      {shown.map((banner) => (
        <BannerLine key={banner.id} banner={banner} onDismiss={() => onDismiss(banner)} />
      ))}
    </section>
  );
}

function BannerLine({
  banner: { type, title, content, dismissible },
  onDismiss,
}: {
  banner: Banner;
  onDismiss: () => void;
}) {
  return (
    <div className="banner" data-kind={KINDS.includes(type) ? type : 'info'}>
      <div className="grow">
        {title && <strong dir="auto">{title}</strong>}
        <NoticeText text={content} />
      </div>
      {dismissible && (
        <button
          type="button"
          className="icon-button"
          aria-label={title ? t('banners.dismiss', { title }) : t('banners.dismissUntitled')}
          onClick={onDismiss}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
