// Words for a region that is read out: not more often than somebody can listen. Pure but for its timer.

/** Between two announcements. */
export const EVERY_MS = 2_000;

export interface Announcer {
  readonly announce: (words: string) => void;
  readonly end: () => void;
}

/** What comes too fast is told by its newest, with how many there were besides. */
export function announcer(say: (words: string) => void): Announcer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting = 0;
  let newest = '';
  const due = () => {
    timer = undefined;
    if (waiting === 0) return;
    const words = waiting === 1 ? newest : `${newest}, and ${waiting - 1} more`;
    waiting = 0;
    tell(words);
  };
  const tell = (words: string) => {
    timer = setTimeout(due, EVERY_MS);
    say(words);
  };
  return {
    announce: (words) => {
      if (timer === undefined) return tell(words);
      waiting += 1;
      newest = words;
    },
    end: () => {
      clearTimeout(timer);
      timer = undefined;
      waiting = 0;
    },
  };
}
