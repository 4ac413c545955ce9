// What the film is played with: by buttons, since a click on the picture points.

import { useEffect, useRef } from 'react';
import { playTime } from 'presence-wasm/components';
import { useSelection } from 'presence-wasm/react';
import { from, to } from './selection.ts';
import { Timeline } from './timeline.tsx';
import { followTime, useVideo } from './video-state.ts';

const RATES = [0.5, 1, 1.5, 2];

export function Player({ video }: { video: HTMLVideoElement | null }) {
  const isPaused = useVideo(video, ({ paused }) => paused, true);
  const rate = useVideo(video, nominalRate, 1);
  // A browser that wants a click first says no here, and the panel beside says what to do.
  const toggle = () => (isPaused ? void video?.play().catch(() => {}) : video?.pause());
  return (
    <div className="player" role="group" aria-label="Player">
      <div className="player-line">
        <button type="button" className="play" data-testid="play" onClick={toggle} aria-label={isPaused ? 'Play' : 'Pause'}>
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d={isPaused ? 'M5 3l12 7-12 7z' : 'M4 3h4v14H4zM12 3h4v14h-4z'} />
          </svg>
        </button>
        <Timeline video={video} />
        <Time video={video} />
      </div>
      <div className="player-line player-tools">
        <MarkTools video={video} />
        <label className="rate">
          <span>Speed</span>
          <select value={rate} onChange={({ target }) => video !== null && (video.playbackRate = Number(target.value))}>
            {RATES.map((one) => (
              <option key={one} value={one}>
                {one}×
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}

/** Who follows others plays a little faster or slower at times, which is nobody's choice. */
function nominalRate({ playbackRate }: HTMLVideoElement): number {
  return RATES.reduce((a, b) => (Math.abs(b - playbackRate) < Math.abs(a - playbackRate) ? b : a));
}

function Time({ video }: { video: HTMLVideoElement | null }) {
  const text = useRef<HTMLSpanElement>(null);
  const duration = useVideo(video, (player) => player.duration || 0, 0);
  useEffect(() => {
    if (video === null) return undefined;
    return followTime(video, (seconds) => {
      const words = `${playTime(seconds)} / ${playTime(duration)}`;
      if (text.current !== null && text.current.textContent !== words) text.current.textContent = words;
    });
  }, [video, duration]);
  // The slider says it to who hears the page.
  return <span ref={text} className="time" aria-hidden="true" />;
}

/** Dragging with Shift does the same; this way goes by keyboard, too. */
function MarkTools({ video }: { video: HTMLVideoElement | null }) {
  const [selection, select] = useSelection();
  const mark = (by: typeof from) => video !== null && select(by(video.currentTime, selection, video.duration || 0));
  return (
    <div className="mark-tools" role="group" aria-label="Mark a part">
      <span aria-hidden="true">Mark</span>
      <button type="button" onClick={() => mark(from)} title="Or drag on the line with Shift">
        From here
      </button>
      <button type="button" onClick={() => mark(to)} title="Or drag on the line with Shift">
        To here
      </button>
      {selection !== null && (
        <>
          <span className="marked" data-testid="marked">
            {playTime(selection.startTime)} – {playTime(selection.endTime)}
          </span>
          <button type="button" className="quiet" onClick={() => select(null)}>
            Clear<span className="unseen"> the mark</span>
          </button>
        </>
      )}
    </div>
  );
}
