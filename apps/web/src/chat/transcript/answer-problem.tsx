import { wordsOf } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { presentUser } from '../../auth/use-session';
import { useLanguage } from '../../messages/language';
import type { AnswerFailure } from '../thread';

/** Why an answer failed, in the language of the page. An administrator is told what the server says too: it may quote the model's provider. */
export function AnswerProblem({ code, message }: AnswerFailure) {
  const language = useLanguage();
  const isAdmin = presentUser(useQueryClient())?.role === 'admin';
  const [words, setWords] = useState<string>();
  useEffect(() => {
    let isShown = true;
    const told = code === undefined ? Promise.resolve(message) : wordsOf({ code, detail: message });
    void told.then((words) => isShown && setWords(words));
    return () => void (isShown = false);
  }, [code, message, language]);
  if (words === undefined) return null;
  const saysMore = isAdmin && !words.includes(message);
  const goesOn = saysMore && message.startsWith(words);
  return (
    <div className="problem" role="alert">
      <p>{goesOn ? message : words}</p>
      {saysMore && !goesOn && (
        <p className="muted" dir="auto">
          {message}
        </p>
      )}
    </div>
  );
}
