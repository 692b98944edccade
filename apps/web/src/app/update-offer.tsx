import { call, routes } from '@perennial/web-client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useDrafts } from '../chat/drafts';
import { useConnected } from '../chat/live';
import { t } from '../messages';

const ASK_EACH_MS = 10 * 60_000;
/** What the page needs comes first. */
const ASK_AFTER_MS = 5_000;
/** A page that was out of view for this long takes the new version by itself, if nothing is at stake. */
const HIDDEN_FOR_MS = 60_000;
/** Where it is kept for which version the page was loaded again. */
const LOADED_FOR = 'loaded-for';

/** Offers a new version of the page. It never comes while somebody writes. */
export function UpdateOffer() {
  const drafts = useDrafts();
  const isNew = useNewVersion();

  useEffect(() => {
    if (!isNew) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (!document.hidden) return;
      timer = setTimeout(() => (drafts.isAtStake() ? look() : location.reload()), HIDDEN_FOR_MS);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [isNew, drafts]);

  return (
    <div className="connection" role="status">
      {isNew && (
        <p className="update-offer">
          {t('update.there')}{' '}
          <button type="button" className="button button-quiet button-small" onClick={() => location.reload()}>
            {t('action.loadAgain')}
          </button>
        </p>
      )}
    </div>
  );
}

/** Whether the server has another version than the page. */
function useNewVersion(): boolean {
  const connected = useConnected();
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setAsks(true), ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const { data, refetch } = useQuery({
    queryKey: ['version'],
    queryFn: () => call(routes.configs.version, {}),
    enabled: asks,
    refetchInterval: ASK_EACH_MS,
    staleTime: Infinity,
  });
  const [own, setOwn] = useState<string>();
  if (own === undefined && data) setOwn(data.deployment_id);

  // A server that was away may be another one.
  const wasLost = useRef(false);
  useEffect(() => {
    if (connected && wasLost.current) void refetch();
    wasLost.current = !connected;
  }, [connected, refetch]);

  // A part of the page that is gone went with its version: the page is loaded again, once for each.
  useEffect(() => {
    let isAsking = false;
    const onGone = async () => {
      // To tell of a refusal may need a part that cannot be loaded either.
      if (isAsking) return;
      isAsking = true;
      const { data: told } = await refetch({ cancelRefetch: false });
      isAsking = false;
      const now = told?.deployment_id;
      // What is not known to be another version may be a lost line.
      const isOther = now !== undefined && own !== undefined && now !== own;
      if (!isOther || sessionStorage.getItem(LOADED_FOR) === now) return;
      sessionStorage.setItem(LOADED_FOR, now);
      location.reload();
    };
    const listener = () => void onGone();
    addEventListener('vite:preloadError', listener);
    return () => removeEventListener('vite:preloadError', listener);
  }, [refetch, own]);
  return own !== undefined && data !== undefined && data.deployment_id !== own;
}
